// What the control API tells of recorded exchanges, and how a request is written again.
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "admin/inspect_resources.hpp"
#include "admin/limits.hpp"
#include "admin/scrape.hpp"
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

    explicit Recording(inspect::Inspector::Settings settings = {})
        : inspector_(std::make_shared<inspect::Inspector>(std::move(settings))) {}

    void pass(std::string_view request, std::string_view answer, Duration ago = {}) {
        const TimePoint then = Clock::now() - ago;
        const std::unique_ptr<Tap> tap = inspector_->http_tap({"web", "127.0.0.1:3000", {}, 0, 0, then});
        tap->to_backend(as_bytes(request), then);
        tap->from_backend(as_bytes(answer), then);
        tap->over(then);
    }
    /// What a replay with these edits sends; if it is refused, the code, and the message for what has to be read.
    std::string again(int id, std::string_view edits = {}) {
        replayed.clear();
        const Answer answer = ask("POST", "/v1/exchanges/" + std::to_string(id) + "/replay", edits);
        if (answer.status != 202) {
            CHECK(replayed.empty());
            return answer.body["error"]["code"].get<std::string>() + ": " +
                   answer.body["error"]["message"].get<std::string>();
        }
        CHECK(answer.body["left_out"] == Json::array());
        return replayed.substr(replayed.find('\n') + 1);
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
    std::shared_ptr<inspect::Inspector> inspector_;
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

TEST_CASE("a request is written again, as it was or edited", "[inspect]") {
    Recording subject;
    subject.pass(post_b, ok);
    const auto again = [&](std::string_view edits) {
        subject.replayed.clear();
        const Answer answer = subject.ask("POST", "/v1/exchanges/1/replay", edits);
        return answer.status == 202 ? subject.replayed : answer.body["error"]["code"].get<std::string>();
    };
    CHECK(again("") ==
          "web 2 1\nPOST /b HTTP/1.1\r\nHost: app.test\r\nAuthorization: Bearer s3cret\r\n"
          "Content-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"n\": [1, 2]}");
    CHECK(again(R"({"method": "PUT", "target": "/c?d", "body": "hi",
                    "headers": {"content-type": null, "authorization": null, "X-New": "1"}})") ==
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

TEST_CASE("what was not kept cannot be sent again as it was", "[inspect]") {
    Recording subject;
    const std::string long_body(limits::inspect_body_default + 1, 'x');
    subject.pass("POST /long HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(long_body.size()) + "\r\n\r\n" +
                     long_body,
                 ok);
    CHECK(subject.code("POST", "/v1/exchanges/1/replay") == "not_whole");
    CHECK(subject.ask("POST", "/v1/exchanges/1/replay", R"({"body": ""})").status == 202);
}

namespace {

constexpr std::string_view webhook_body = R"({"event": "paid", "client_secret": "s3cret-a\u00e9", )"
                                          R"("items": [{"token":
 "s3cret-b"}, {"token":12}], "n": 1})";

std::string webhook() {
    return "POST /hook?key=s3cret%2Dq&x=1 HTTP/1.1\r\nHost: app.test\r\nCookie: a=s3cret-c; b=2\r\n"
           "X-Auth-Key: s3cret-f\r\nReferer: http://a/?sig=s3cret-r\r\nContent-Type: application/json\r\n"
           "Content-Length: " +
           std::to_string(webhook_body.size()) + "\r\n\r\n" + std::string(webhook_body);
}

std::string put_in(std::string text, std::string_view part, std::string_view with) {
    return text.replace(text.find(part), part.size(), with);
}

}  // namespace

TEST_CASE("a masked request is sent again byte for byte, and shown with its masks alone", "[inspect]") {
    Recording subject;
    subject.pass(webhook(), ok);
    // The order of the fields is the recorded one; Content-Length stands behind them.
    CHECK(subject.again(1) == webhook());
    for (const char* path : {"/v1/exchanges", "/v1/exchanges/1", "/v1/exchanges.har", "/v1/exchanges/1/curl",
                             "/v1/exchanges/1/diff/1", "/v1/exchanges/1/request/body"}) {
        INFO(path);
        const Answer answer = subject.ask("GET", path);
        REQUIRE(answer.status == 200);
        CHECK((answer.body.dump() + answer.text).find("s3cret") == std::string::npos);
    }
    CHECK(subject.got("/v1/exchanges?text=s3cret")["exchanges"].empty());
}

TEST_CASE("edits of a masked request have its values in the place of their masks", "[inspect]") {
    Recording subject;
    subject.pass(webhook(), ok);
    const std::string shown = subject.got("/v1/exchanges/1")["request"]["body"]["text"];
    REQUIRE(shown.find("s3cret") == std::string::npos);
    const auto edited = [&](const char* key, const Json& value) { return subject.again(1, Json{{key, value}}.dump()); };
    CHECK(edited("body", shown) == webhook());
    CHECK(edited("body", put_in(shown, "\"n\": 1", "\"n\": 2")) == put_in(webhook(), "\"n\": 1", "\"n\": 2"));
    const std::string other = put_in(shown, R"("client_secret": "***")", R"("client_secret": "mine")");
    CHECK(edited("body", other) == put_in(put_in(webhook(), R"(s3cret-a\u00e9)", "mine"),
                                          "Content-Length: " + std::to_string(webhook_body.size()),
                                          "Content-Length: " + std::to_string(webhook_body.size() - 10)));
    CHECK(edited("target", "/hook?x=2&key=***") == put_in(webhook(), "key=s3cret%2Dq&x=1", "x=2&key=s3cret%2Dq"));
    CHECK(edited("target", "/hook?key=%2A%2a%2A") == put_in(webhook(), "&x=1", ""));
    CHECK_THAT(edited("headers", Json{{"x-auth-key", "***"}}), Catch::Contains("\r\nx-auth-key: s3cret-f\r\n"));
    CHECK_THAT(edited("headers", Json{{"Referer", "http://a/?sig=***"}}), Catch::Contains("sig=s3cret-r\r\n"));
    // A mask for which there is no value is sent nowhere.
    for (const auto& [key, value] : {std::pair<const char*, Json>{"body", R"({"token": "***"})"},
                                     {"body", R"({"password": "***"})"},
                                     {"body", R"({"client_secret": "Bearer ***"})"},
                                     {"target", "/?token=***"},
                                     {"target", "/?key=***&key=***x"},
                                     {"headers", Json{{"Authorization", "***"}}},
                                     {"headers", Json{{"Cookie", "***; c=3"}}},
                                     {"headers", Json{{"Referer", "http://b/?sig=***"}}}}) {
        INFO(key << value.dump());
        CHECK_THAT(edited(key, value), Catch::StartsWith("not_whole: ") && Catch::Contains("mask"));
    }
    CHECK_THAT(edited("headers", Json{{"X-Note", "a***b"}}), Catch::Contains("\r\nX-Note: a***b\r\n"));
}

TEST_CASE("a masked request whose original is not kept any more is not sent with masks", "[inspect]") {
    inspect::Inspector::Settings settings;
    Duration ago = limits::inspect_original_time;
    SECTION("since its time is over") {}
    SECTION("since nobody was to send it again") {
        settings.keeps_originals = false;
        ago = {};
    }
    Recording subject(settings);
    subject.pass(webhook(), ok, ago);
    CHECK_THAT(subject.again(1), Catch::StartsWith("not_whole: ") && Catch::Contains("target"));
    CHECK_THAT(subject.again(1, R"({"target": "/"})"), Catch::StartsWith("not_whole: ") && Catch::Contains("body"));
    CHECK_THAT(subject.again(1, R"({"target": "/", "body": ""})"),
               Catch::StartsWith("not_whole: ") && Catch::Contains("Cookie, X-Auth-Key, Referer"));
    CHECK_THAT(subject.again(1, R"({"target": "/?key=***"})"), Catch::StartsWith("not_whole: "));
    CHECK_THAT(subject.again(1, R"({"target": "/", "body": "", "headers": {"X-Auth-Key": "***"}})"),
               Catch::StartsWith("not_whole: "));
    CHECK(subject.again(1, R"({"target": "/", "body": "", "headers": {"X-Auth-Key": "1", "Cookie": null,
                               "Referer": null, "Content-Type": null}})") ==
          "POST / HTTP/1.1\r\nHost: app.test\r\nX-Auth-Key: 1\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("a coded body is sent again with its coding", "[inspect]") {
    // printf '{"password":"hunter2"}' | gzip -n
    const std::string gzip(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\x2a\x48\x2c\x2e\x2e\xcf\x2f\x4a\x51"
        "\xb2\x52\xca\x28\xcd\x2b\x49\x2d\x32\x52\xaa\x05\x00\xb3\xd9\x6d\x25\x16\x00\x00\x00",
        42);
    const auto request = [&](const std::string& coding) {
        return "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: " + coding +
               "\r\nContent-Length: 42\r\n\r\n" + gzip;
    };
    Recording subject;
    subject.pass(request("gzip"), ok);
    subject.pass(request("zstd"), ok);  // which cannot be searched: nothing of it is shown
    CHECK(subject.again(1) == request("gzip"));
    CHECK(subject.again(2) == request("zstd"));
    CHECK(subject.got("/v1/exchanges/2")["request"]["body"]["dropped"] == true);
    CHECK(subject.again(1, R"({"body": "{\"password\": \"***\", \"x\": 1}"})") ==
          "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 31\r\n\r\n"
          R"({"password": "hunter2", "x": 1})");
}

TEST_CASE("no edit makes the record of a replay show what was masked", "[inspect]") {
    Recording subject;
    subject.pass(webhook(), ok);
    subject.pass(
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Encoding: zstd\r\n"
        "Content-Length: 4\r\n\r\nabcd",
        ok);
    // Bodies of these would be searched otherwise, or not at all.
    for (const char* edits :
         {R"({"headers": {"Content-Type": "image/png"}})", R"({"headers": {"content-type": null}})",
          R"({"headers": {"Content-Encoding": "x"}})",
          R"({"headers": {"Content-Type": "image/png"}, "body": "{\"client_secret\": \"***\"}"})"}) {
        INFO(edits);
        CHECK_THAT(subject.again(1, edits), Catch::StartsWith("invalid: ") && Catch::Contains("recorded secrets"));
    }
    CHECK_THAT(subject.again(2, R"({"headers": {"Content-Encoding": null}})"), Catch::StartsWith("invalid: "));
    CHECK(subject.again(1, R"({"headers": {"Content-Type": "application/json"}})").ends_with(webhook_body));
    CHECK(subject.again(1, R"({"headers": {"Content-Type": "text/html"}, "body": "{\"pin\": 1}"})")
              .ends_with("{\"pin\": 1}"));
    CHECK(subject.again(2, R"({"headers": {"Content-Encoding": null}, "body": "x"})").ends_with("\r\n\r\nx"));
}

TEST_CASE("only who may control sends a request again", "[inspect]") {
    Recording subject;
    subject.pass(webhook(), ok);
    // What a client lets its server ask, and those who read metrics.
    const Request replay{"POST", "/v1/exchanges/1/replay"};
    CHECK(answer_about_services(replay, subject, "the server").status == 404);
    CHECK(answer_to_scraper(replay, subject, true).status == 405);
    CHECK(subject.replayed.empty());
}
