// What the control API tells of recorded exchanges, and how a request is written once more.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "admin/inspect_resources.hpp"
#include "admin/limits.hpp"
#include "unit/admin/fake_subject.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::admin;

namespace {

class Recording final : public test::FakeSubject {
public:
    std::shared_ptr<inspect::Inspector> inspector() override { return inspector_; }
    std::string replay(const std::string& service, std::string request, std::uint64_t id, std::uint64_t of) override {
        replayed = service + ' ' + std::to_string(id) + ' ' + std::to_string(of) + '\n' + request;
        return why_no_replay;
    }

    void pass(std::string_view request, std::string_view answer) {
        const std::unique_ptr<Tap> tap = inspector_->http_tap({"web", "127.0.0.1:3000", {}, 0, 0, Clock::now()});
        tap->to_backend(as_bytes(request), Clock::now());
        tap->from_backend(as_bytes(answer), Clock::now());
        tap->over(Clock::now());
    }
    Answer ask(std::string_view method, std::string_view path, std::string_view body = {}) {
        const std::size_t question = std::min(path.find('?'), path.size());
        return answer_to({method, path.substr(0, question), body, {}, {}, 7, path.substr(question)}, *this);
    }
    Json got(std::string_view path) {
        const Answer answer = ask("GET", path);
        INFO(answer.body.dump());
        REQUIRE(answer.status == 200);
        return answer.body;
    }
    std::string code(std::string_view method, std::string_view path, std::string_view body = {}) {
        const Answer answer = ask(method, path, body);
        REQUIRE(answer.status >= 400);
        return answer.body["error"]["code"];
    }

    std::string replayed;
    std::string why_no_replay;

private:
    std::shared_ptr<inspect::Inspector> inspector_ =
        std::make_shared<inspect::Inspector>(inspect::Inspector::Settings{});
};

constexpr std::string_view get_a = "GET /a?x=1 HTTP/1.1\r\nHost: app.test\r\nX-Forwarded-Proto: https\r\n\r\n";
constexpr std::string_view post_b =
    "POST /b HTTP/1.1\r\nHost: app.test\r\nAuthorization: Bearer s3cret\r\nContent-Type: application/json\r\n"
    "Content-Length: 13\r\n\r\n{\"n\": [1, 2]}";
constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nfine";
constexpr std::string_view failed = "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";

}  // namespace

TEST_CASE("exchanges are listed, filtered and found", "[inspect]") {
    Recording subject;
    subject.pass(get_a, ok);
    subject.pass(post_b, failed);
    const auto ids = [&](std::string_view query) {
        std::string all;
        const Json found = subject.got("/v1/exchanges" + std::string(query));
        for (const Json& row : found["exchanges"]) {
            all += std::to_string(row["id"].get<int>());
        }
        return all;
    };
    CHECK(ids("") == "21");
    CHECK(ids("?method=get") == "1");
    CHECK(ids("?status=5xx") == "2");
    CHECK(ids("?status=200") == "1");
    CHECK(ids("?path=x%3D1") == "1");
    CHECK(ids("?service=web&text=FINE") == "1");
    CHECK(ids("?text=s3cret").empty());  // it was masked before it was kept
    CHECK(ids("?before=2") == "1");
    CHECK(ids("?limit=1") == "2");
    CHECK(subject.got("/v1/exchanges?limit=1")["more"] == true);
    CHECK(subject.code("GET", "/v1/exchanges?wrong=1") == "invalid");
    CHECK(subject.code("GET", "/v1/exchanges?limit=none") == "invalid");
    CHECK(subject.code("GET", "/v1/exchangesx") == "not_found");
    CHECK(subject.code("GET", "/v1/exchanges/3") == "not_found");
    CHECK(subject.code("GET", "/v1/exchanges/1/cookies") == "not_found");
    CHECK(subject.code("POST", "/v1/exchanges") == "wrong_method");
    CHECK(subject.code("POST", "/v1/exchanges/1") == "wrong_method");
    CHECK(subject.ask("DELETE", "/v1/exchanges").status == 200);
    CHECK(ids("").empty());
    test::FakeSubject without;
    CHECK(answer_to({"GET", "/v1/exchanges"}, without).body["error"]["code"] == "not_here");
}

TEST_CASE("one exchange is told whole, with its body and as a command", "[inspect]") {
    Recording subject;
    subject.pass(post_b, ok);
    const Json one = subject.got("/v1/exchanges/1");
    CHECK(one["request"]["line"] == "POST /b HTTP/1.1");
    CHECK(one["request"]["fields"][1] == Json::array({"Authorization", "***"}));
    CHECK(one["request"]["masked"] == true);
    CHECK(one["request"]["body"]["text"] == "{\"n\": [1, 2]}");
    CHECK(one["answer"]["body"] ==
          Json{{"bytes", 4}, {"kept", 4}, {"text", "fine"}, {"cut", false}, {"masked", false}, {"dropped", false}});
    CHECK(one["state"] == "complete");
    CHECK(subject.ask("GET", "/v1/exchanges/1/answer/body").text == "fine");
    CHECK(subject.ask("GET", "/v1/exchanges/1/answer/body").type == "application/octet-stream");
    const Json command = subject.got("/v1/exchanges/1/curl");
    CHECK(command["masked"] == true);
    CHECK_THAT(command["curl"].get<std::string>(), Catch::Contains("curl") && Catch::Contains("'Authorization: ***'"));
}

TEST_CASE("two exchanges are compared by field and by line", "[inspect]") {
    Recording subject;
    subject.pass(post_b, ok);
    subject.pass(
        "POST /b HTTP/1.1\r\nHost: app.test\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n"
        "{\"n\": [1, 3]}",
        ok);
    const Json found = subject.got("/v1/exchanges/1/diff/2");
    CHECK(found["request"]["fields"] == Json::array({Json{{"name", "Authorization"}, {"a", "***"}, {"b", ""}}}));
    const Json& body = found["request"]["body"];
    CHECK(std::count(body.begin(), body.end(), Json("-    2")) == 1);
    CHECK(std::count(body.begin(), body.end(), Json("+    3")) == 1);
    CHECK(found["answer"]["body"].empty());
    CHECK(subject.code("GET", "/v1/exchanges/1/diff/9") == "not_found");
}

TEST_CASE("an archive has the requests in the order of time", "[inspect]") {
    Recording subject;
    subject.pass(get_a, ok);
    subject.pass(post_b, failed);
    const Json log = subject.got("/v1/exchanges.har")["log"];
    CHECK(log["version"] == "1.2");
    REQUIRE(log["entries"].size() == 2);
    CHECK(log["entries"][0]["request"]["url"] == "https://app.test/a?x=1");
    CHECK(log["entries"][0]["request"]["queryString"] == Json::array({Json{{"name", "x"}, {"value", "1"}}}));
    CHECK(log["entries"][1]["response"]["status"] == 503);
}

TEST_CASE("a request is written once more, as it was or edited", "[inspect]") {
    Recording subject;
    subject.pass(post_b, ok);
    const auto again = [&](std::string_view edits) {
        subject.replayed.clear();
        const Answer answer = subject.ask("POST", "/v1/exchanges/1/replay", edits);
        return answer.status == 202 ? subject.replayed : answer.body["error"]["code"].get<std::string>();
    };
    CHECK(again("") ==
          "web 2 1\nPOST /b HTTP/1.1\r\nHost: app.test\r\nContent-Type: application/json\r\n"
          "Content-Length: 13\r\n\r\n{\"n\": [1, 2]}");
    CHECK(
        again(
            R"({"method": "PUT", "target": "/c?d", "headers": {"content-type": null, "X-New": "1"}, "body": "hi"})") ==
        "web 3 1\nPUT /c?d HTTP/1.1\r\nHost: app.test\r\nX-New: 1\r\nContent-Length: 2\r\n\r\nhi");
    CHECK_THAT(again(R"({"headers": {"Authorization": "Bearer other"}})"),
               Catch::Contains("Authorization: Bearer other\r\n"));
    // What would be no request, or two, is refused.
    for (const char* wrong : {R"({"target": "/a b"})", R"({"method": "GET /x HTTP/1.1\r\nHost: b\r\n\r\nPUT"})",
                              R"({"headers": {"X": "a\r\nY: b"}})", R"({"headers": {"X: a\r\nY": "b"}})",
                              R"({"target": "/a HTTP/1.1\r\nX: y\r\nZ:"})", R"({"headers": {"X": 1}})",
                              R"({"what": ""})", R"({"headers": {"Host": null}})", R"(["POST"])", R"({"body": 7})"}) {
        INFO(wrong);
        CHECK(again(wrong) == "invalid");
    }
    subject.why_no_replay = "It is switched off.";
    CHECK(again("") == "not_here");
    CHECK(subject.code("GET", "/v1/exchanges/1/replay") == "wrong_method");
}

TEST_CASE("what was not kept can not be sent again as it was", "[inspect]") {
    Recording subject;
    const std::string long_body(limits::inspect_body_default + 1, 'x');
    subject.pass("POST /long HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(long_body.size()) + "\r\n\r\n" +
                     long_body,
                 ok);
    subject.pass("GET /?password=x HTTP/1.1\r\nHost: a\r\n\r\n", ok);
    CHECK(subject.code("POST", "/v1/exchanges/1/replay") == "not_whole");
    CHECK(subject.ask("POST", "/v1/exchanges/1/replay", R"({"body": ""})").status == 202);
    CHECK(subject.code("POST", "/v1/exchanges/2/replay") == "not_whole");
    CHECK(subject.ask("POST", "/v1/exchanges/2/replay", R"({"target": "/"})").status == 202);
}
