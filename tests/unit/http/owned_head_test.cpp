// A head that was kept is the same when its bytes have gone.
#include "http/owned_head.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "unit/http/parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using ferrotunnel::test::ParsedRequest;
using ferrotunnel::test::written;

namespace {

// What is written of a head, while its bytes are there, and of its copy, when they have gone.
struct Both {
    explicit Both(const std::string& text) {
        auto parsed = std::make_unique<ParsedRequest>(text);
        before = written(RequestOut::of(parsed->head()));
        whole = parsed->head().target.whole;
        kept = std::make_unique<OwnedHead>(parsed->head());
        parsed.reset();
        kept->restore(head);
    }

    std::string before;
    std::string whole;
    std::unique_ptr<OwnedHead> kept;
    RequestHead head;
};

}  // namespace

TEST_CASE("kept head: what is restored is written as the first one was", "[kept-head]") {
    for (const std::string text : {
             "GET /a/b?c=d HTTP/1.1\r\nHost: App.Example.com:8080\r\nAccept: */*\r\nX-Empty:\r\n\r\n",
             "POST http://app.test?q HTTP/1.0\r\nHost: app.test\r\nContent-Length: 12\r\nConnection: close\r\n\r\n",
             "OPTIONS * HTTP/1.1\r\nHost: app.test\r\n\r\n",
             "PUT / HTTP/1.1\r\nHost: [::1]:80\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n"
             "TE: trailers\r\nConnection: TE\r\n\r\n",
             "GET /chat HTTP/1.1\r\nHost: a.test\r\nConnection: upgrade\r\nUpgrade: websocket, foo/2\r\n\r\n",
             "PATCH /x HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\nX-a: 2\r\nContent_Length: 3\r\n\r\n",
         }) {
        INFO(text);
        const Both both(text);
        CHECK(written(RequestOut::of(both.head)) == both.before);
        CHECK(both.head.target.whole == both.whole);
        CHECK(both.kept->fields() == both.head.fields.size());
    }
}

TEST_CASE("kept head: everything that is not text is there too", "[kept-head]") {
    const Both both(
        "POST http://a.test:81/b?c HTTP/1.1\r\nHost: a.test:81\r\nContent-Length: 7\r\n"
        "Expect: 100-continue\r\n\r\n");
    CHECK(both.head.method == Method::post);
    CHECK(both.head.target.form == TargetForm::absolute);
    CHECK(both.head.authority.host == "a.test");
    CHECK(both.head.authority.port == 81);
    CHECK(both.head.body == Body::of_length(7));
    CHECK(both.head.expects_continue);
    CHECK(both.head.keep_alive);
    CHECK(both.kept->method() == "POST");
    CHECK(both.kept->path() == "/b");
    CHECK(both.kept->query() == "?c");
    CHECK(both.kept->field(1).known == FieldName::content_length);
    CHECK(both.kept->field(1).value == "7");
}

TEST_CASE("kept head: it takes little more than its texts", "[kept-head]") {
    const Both both("GET /" + std::string(1'000, 'x') + " HTTP/1.1\r\nHost: a.test\r\n\r\n");
    CHECK(both.kept->bytes() < 1'000 + 512);
}

TEST_CASE("kept head: a path that was made canonical does not double the memory", "[kept-head]") {
    const ParsedRequest parsed("GET /./x HTTP/1.1\r\nHost: a.test\r\nX-Large: " + std::string(4'000, 'x') + "\r\n\r\n");
    RequestHead head = parsed.head();
    const std::string path = "/x";
    head.target.path = path;
    const OwnedHead kept(head);
    CHECK(kept.path() == "/x");
    CHECK(kept.bytes() < 4'000 + 512);
}
