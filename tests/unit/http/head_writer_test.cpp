#include "http/head_writer.hpp"

#include <vector>

#include "parse.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::http;
using ferrotunnel::test::ParsedRequest;
using ferrotunnel::test::ParsedResponse;
using ferrotunnel::test::written;

namespace {

const char* const edited_request =
    "GET /a HTTP/1.1\r\nHost: a.example\r\nX-User: forged\r\nX_User: forged\r\nCookie: c\r\nX-Keep: 1\r\n\r\n";

std::string with_edits(const Edits& edits) {
    const ParsedRequest request(edited_request);
    RequestOut out = RequestOut::of(request.head());
    out.edits = &edits;
    return written(out);
}

}  // namespace

TEST_CASE("head_writer: what does not fit is counted, and nothing is written beyond the room") {
    const ParsedRequest request(edited_request);
    const RequestOut out = RequestOut::of(request.head());
    const std::string whole = written(out);
    for (std::size_t room = 0; room < whole.size(); ++room) {
        std::vector<char> into(room + 8, '#');
        CHECK(write_request(out, {into.data(), room}) == whole.size());
        CHECK(std::string(into.end() - 8, into.end()) == "########");
    }
}

TEST_CASE("head_writer: the caller chooses target, host, framing and persistence") {
    const ParsedRequest request("POST http://a.example/x?y HTTP/1.0\r\nHost: a.example\r\nContent-Length: 5\r\n\r\n");
    RequestOut out = RequestOut::of(request.head());
    out.path = "/backend";
    out.query = "?z";
    out.host = "127.0.0.1:3000";
    out.body = {BodyKind::chunked, 0};
    out.keep_alive = false;
    CHECK(
        written(out) ==
        "POST /backend?z HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
}

TEST_CASE("head_writer: all that Connection may say") {
    UpgradeOffer offer;
    offer.add("websocket");
    RequestOut out;
    out.method = "GET";
    out.path = "/";
    out.host = "a";
    out.keep_alive = false;
    out.accepts_trailers = true;
    out.upgrade = &offer;
    CHECK(written(out) ==
          "GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nUpgrade: websocket\r\nConnection: close, TE, upgrade\r\n\r\n");
}

TEST_CASE("head_writer: edits add, set and remove") {
    Edits edits;
    REQUIRE(edits.set("X-User", "real"));
    REQUIRE(edits.add("X-Keep", "2"));
    REQUIRE(edits.remove("cookie"));
    REQUIRE(edits.remove("X-Nothing"));
    CHECK(with_edits(edits) == "GET /a HTTP/1.1\r\nHost: a.example\r\nX-Keep: 1\r\nX-User: real\r\nX-Keep: 2\r\n\r\n");
}

TEST_CASE("head_writer: of edits of one name the later ones count") {
    Edits edits;
    REQUIRE(edits.add("X-User", "1"));
    REQUIRE(edits.set("x-user", "2"));
    REQUIRE(edits.add("X-USER", "3"));
    REQUIRE(edits.set("X-Gone", "4"));
    REQUIRE(edits.remove("X_Gone"));
    REQUIRE(edits.remove("Cookie"));
    REQUIRE(edits.set("Cookie", "5"));
    CHECK(with_edits(edits) ==
          "GET /a HTTP/1.1\r\nHost: a.example\r\nX-Keep: 1\r\nx-user: 2\r\nX-USER: 3\r\nCookie: 5\r\n\r\n");
}

TEST_CASE("head_writer: an edit of a known field is the one that its name would make") {
    Edits edits;
    REQUIRE(edits.add("X-User", "1"));
    REQUIRE(edits.add("X_REQUEST.id-", "2"));
    REQUIRE(edits.set(FieldName::x_request_id, "3"));
    REQUIRE(edits.remove(FieldName::cookie));
    REQUIRE(edits.add(FieldName::via, "1.1 a"));
    CHECK(edits.drops("x_request_id", field_name_of("x_request_id")));
    CHECK(with_edits(edits) ==
          "GET /a HTTP/1.1\r\nHost: a.example\r\nX-User: forged\r\nX_User: forged\r\nX-Keep: 1\r\n"
          "X-User: 1\r\nX-Request-Id: 3\r\nVia: 1.1 a\r\n\r\n");
    CHECK_FALSE(edits.set(FieldName::other, "a"));
    CHECK_FALSE(edits.set(FieldName::x_forwarded_other, "a"));
    CHECK_FALSE(edits.set(FieldName::via, "a\r\nY: b"));
    CHECK(edits.all().size() == 5);
}

TEST_CASE("head_writer: edits do not touch what frames the message or holds the connection") {
    Edits edits;
    for (const char* name : {"Host", "Content-Length", "transfer-encoding", "Connection", "Upgrade", "TE", "Expect"}) {
        REQUIRE(edits.set(name, "9"));
        REQUIRE(edits.add(name, "9"));
    }
    REQUIRE(edits.remove("Host"));
    const ParsedRequest request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: y\r\n\r\n");
    RequestOut out = RequestOut::of(request.head());
    out.edits = &edits;
    CHECK(written(out) == "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("head_writer: no request has Proxy, whoever sets it; a response may") {
    Edits edits;
    REQUIRE(edits.set("Proxy", "http://evil"));
    const ParsedRequest request("GET / HTTP/1.1\r\nHost: a\r\nProxy: http://evil\r\nPROXY_: http://evil\r\n\r\n");
    RequestOut out = RequestOut::of(request.head());
    CHECK(written(out) == "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    out.edits = &edits;
    CHECK(written(out) == "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    const ParsedResponse response("HTTP/1.1 204 No Content\r\nProxy: x\r\n\r\n");
    CHECK(written(ResponseOut::of(response.head(), Version::http11, true)) ==
          "HTTP/1.1 204 No Content\r\nProxy: x\r\n\r\n");
}

TEST_CASE("head_writer: a list of edits has its limit, and refuses what would break a message") {
    Edits edits;
    for (std::size_t i = 0; i < limits::http_edits_max; ++i) {
        REQUIRE(edits.add("X", "y"));
    }
    CHECK_FALSE(edits.add("X", "y"));
    edits.clear();
    CHECK(edits.all().empty());
    CHECK_FALSE(edits.add("X", "a\r\nY: b"));
    CHECK_FALSE(edits.add("X", "a\n"));
    CHECK_FALSE(edits.add("X", std::string_view("a\0b", 3)));
    CHECK_FALSE(edits.add("X", " a"));
    CHECK_FALSE(edits.add("", "a"));
    CHECK_FALSE(edits.add("X Y", "a"));
    CHECK_FALSE(edits.add("X:", "a"));
    CHECK_FALSE(edits.remove(""));
    CHECK(edits.all().empty());
    CHECK(edits.add("X", ""));
    CHECK(edits.add("X", "a\tb \xe4"));
}

TEST_CASE("head_writer: what a visitor may not claim is removed together, and each of it by its name") {
    const ParsedRequest request(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Secret: 1\r\nX-Forwarded-For: 2\r\nX-Forwarded-Y: 3\r\n\r\n");
    Edits edits;
    edits.remove_claims();
    RequestOut out = RequestOut::of(request.head());
    out.edits = &edits;
    CHECK(written(out) == "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 2\r\n\r\n");
    edits.clear();
    REQUIRE(edits.remove("X-Forwarded-Y"));
    CHECK(written(out) == "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Secret: 1\r\nX-Forwarded-For: 2\r\n\r\n");
}

TEST_CASE("head_writer: a response of our own") {
    Edits edits;
    REQUIRE(edits.add("Content-Type", "text/plain"));
    ResponseOut out;
    out.status = 404;
    out.edits = &edits;
    out.body = Body::of_length(0);
    out.keep_alive = false;
    CHECK(written(out) ==
          "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    out.keep_alive = true;
    out.reason = "Nope";
    out.visitor = Version::http10;
    CHECK(written(out) ==
          "HTTP/1.1 404 Nope\r\nContent-Type: text/plain\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
}

TEST_CASE("head_writer: a backend's response, as visitors of both versions can read it") {
    const ParsedResponse until_close("HTTP/1.1 200 OK\r\n\r\n");
    ResponseOut out = ResponseOut::of(until_close.head(), Version::http11, true);
    CHECK(out.body.kind == BodyKind::chunked);
    CHECK(out.keep_alive);
    out = ResponseOut::of(until_close.head(), Version::http11, false);
    CHECK_FALSE(out.keep_alive);
    out = ResponseOut::of(until_close.head(), Version::http10, true);
    CHECK(out.body.kind == BodyKind::until_close);
    CHECK_FALSE(out.keep_alive);
    const ParsedResponse chunked("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    out = ResponseOut::of(chunked.head(), Version::http10, true);
    CHECK(out.body.kind == BodyKind::until_close);
    CHECK_FALSE(out.keep_alive);
    out.keep_alive = true;  // a body that lasts until the close ends the connection, whatever is set here
    CHECK(written(out) == "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
}

TEST_CASE("head_writer: edits in a response may set what only requests give a meaning to") {
    const ParsedResponse response("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nHost: x\r\n\r\n");
    Edits edits;
    REQUIRE(edits.set("Set-Cookie", "a=b"));
    REQUIRE(edits.add("Set-Cookie", "c=d"));
    REQUIRE(edits.set("Content-Length", "100"));
    ResponseOut out = ResponseOut::of(response.head(), Version::http11, true);
    out.edits = &edits;
    CHECK(written(out) ==
          "HTTP/1.1 200 OK\r\nHost: x\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("head_writer: what Connection names goes under each spelling") {
    const ParsedRequest request(
        "GET / HTTP/1.1\r\nHost: a\r\nX-Foo: 1\r\nX_Foo: 2\r\nx.foo-: 3\r\nX-Foo-2: 4\r\nConnection: X_Foo\r\n\r\n");
    CHECK(written(RequestOut::of(request.head())) == "GET / HTTP/1.1\r\nHost: a\r\nX-Foo-2: 4\r\n\r\n");
}
