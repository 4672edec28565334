#include "etcd_client/client.hpp"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "client_fixture.hpp"
#include "etcd/limits.hpp"
#include "unit/etcd/recorded.hpp"
#include "unit/fetch/scripted_server.hpp"

namespace ferrotunnel::etcd {
namespace {

using fetch::test::ScriptedServer;

std::string http(std::string_view body, std::string_view status = "200 OK") {
    return "HTTP/1.1 " + std::string(status) +
           "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           std::string(body);
}

std::string chunk(std::string_view bytes) {
    static constexpr const char* digits = "0123456789abcdef";
    std::string size;
    for (std::size_t left = bytes.size(); left > 0; left /= 16) {
        size.insert(size.begin(), digits[left % 16]);
    }
    return size + "\r\n" + std::string(bytes) + "\r\n";
}

constexpr std::string_view stream_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const Read one_key{{"a"}};

// Two scripted endpoints.
class ScriptedEtcd : public test::ClientFixture {
public:
    ScriptedEtcd() {
        idle = [this] { return first.look() && second.look(); };
    }
    void begin_without_user(Duration time = std::chrono::seconds(60)) {
        Settings settings;
        settings.call_time = time;
        begin(settings, {first.destination(), second.destination()});
    }
    void begin_with_user() {
        Settings settings;
        settings.call_time = std::chrono::seconds(60);
        settings.user = "ft";
        settings.password = "secret";
        begin(settings, {first.destination()});
    }
    void start_read() {
        client->read(one_key, [this](const Result<ReadAnswer, Fault>& answer) { results.push_back(answer); });
    }
    void wait_for(ScriptedServer& server, std::string_view text, std::size_t number = 0) {
        REQUIRE(loop.run_until([&] { return server.has(text, number); }));
    }
    const Result<ReadAnswer, Fault>& wait_for_result(std::size_t count = 1) {
        REQUIRE(loop.run_until([&] { return idle() && results.size() >= count; }));
        return results[count - 1];
    }

    /// The client reads each piece before the next one, so that none is too much for the socket.
    void say_much(const std::string& piece, std::size_t times) {
        for (std::size_t i = 0; i < times; ++i) {
            first.say(0, piece);
            loop.io.poll();
        }
    }

    ScriptedServer first;
    ScriptedServer second;
    std::vector<Result<ReadAnswer, Fault>> results;
};

TEST_CASE_METHOD(ScriptedEtcd, "a call is a POST, and connections are kept", "[etcd-client]") {
    begin_without_user();
    for (std::size_t round = 1; round <= 3; ++round) {
        start_read();
        wait_for(first, "\"limit\":\"4096\"}");
        CHECK_THAT(first.got(0), Catch::StartsWith("POST /v3/kv/range HTTP/1.1\r\n") &&
                                     Catch::Contains("\r\nAccept-Encoding: identity\r\n") &&
                                     !Catch::Contains("Authorization"));
        first.forget(0);
        first.say(0, http(test::with_header("")));
        CHECK(wait_for_result(round));
    }
    CHECK(first.connections() == 1);
    CHECK(client->calls() == 0);
}

TEST_CASE_METHOD(ScriptedEtcd, "without an answer the next endpoint is asked, and goes first from then on",
                 "[etcd-client]") {
    begin_without_user();
    start_read();
    SECTION("it ends the connection") {
        wait_for(first, "limit");
        first.close(0);
    }
    SECTION("it cannot be reached") {
        first.stop_listening();
    }
    SECTION("it has no leader") {
        wait_for(first, "limit");
        first.say(0, http(R"({"code":14, "message":"etcdserver: no leader"})", "503 Service Unavailable"));
    }
    SECTION("it redirects") {
        wait_for(first, "limit");
        first.say(0, http("", "302 Found\r\nLocation: http://192.0.2.1/"));
    }
    SECTION("it answers with another key") {
        wait_for(first, "limit");
        first.say(0, http(test::with_header(
                         R"("kvs":[{"key":"Yg==","create_revision":"2","mod_revision":"3","version":"1"}])")));
    }
    wait_for(second, "limit");
    second.say(0, http(test::with_header("")));
    CHECK(wait_for_result());
    start_read();
    REQUIRE(loop.run_until([&] { return second.look() && second.got(0).rfind("POST") > 0; }));
    second.say(0, http(test::with_header("")));
    CHECK(wait_for_result(2));
}

TEST_CASE_METHOD(ScriptedEtcd, "an endpoint that is silent has its time, then the next one is asked", "[etcd-client]") {
    begin_without_user(std::chrono::milliseconds(100));
    start_read();
    REQUIRE(loop.run_until([&] { return idle() && second.connections() > 0; }));
    const auto& result = wait_for_result();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == Fault::Kind::unreachable);
    CHECK(may_be_done(result.error()));
}

TEST_CASE_METHOD(ScriptedEtcd, "a long transaction has more time at each endpoint", "[etcd-client]") {
    begin_without_user(std::chrono::milliseconds(50));
    Transaction transaction;
    transaction.conditions.resize(limits::operations_max,
                                  {{"a"}, Compare::Target::version, Compare::Result::equal, 0, {}});
    const TimePoint began = Clock::now();
    CHECK_FALSE(transact(transaction));
    CHECK(Clock::now() - began >= std::chrono::milliseconds(2 * 150));
}

TEST_CASE_METHOD(ScriptedEtcd, "an answer without end is refused", "[etcd-client][limits]") {
    begin_without_user();
    start_read();
    wait_for(first, "limit");
    first.say(0, stream_head);
    say_much(chunk(std::string(16 * 1'024, ' ')), limits::answer_max / (16 * 1'024) + 1);
    wait_for(second, "limit");
    second.say(0, http("{}"));
    const auto& result = wait_for_result();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == Fault::Kind::malformed);
}

TEST_CASE_METHOD(ScriptedEtcd, "what etcd refuses is not asked again", "[etcd-client]") {
    begin_without_user();
    start_read();
    wait_for(first, "limit");
    first.say(0, http(R"({"code":11, "message":"etcdserver: mvcc: required revision has been compacted"})",
                      "400 Bad Request"));
    const auto& result = wait_for_result();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == Fault::Kind::compacted);
    CHECK(second.connections() == 0);
}

TEST_CASE_METHOD(ScriptedEtcd, "calls wait for the login, and log in again when the token is rejected",
                 "[etcd-client]") {
    begin_with_user();
    start_read();
    start_read();
    wait_for(first, R"({"name":"ft","password":"secret"})");
    CHECK_THAT(first.got(0), Catch::StartsWith("POST /v3/auth/authenticate "));
    CHECK(first.connections() == 1);
    first.forget(0);
    first.say(0, http(test::with_header(R"("token":"one.1")")));
    wait_for(first, "Authorization: one.1\r\n", 0);
    wait_for(first, "Authorization: one.1\r\n", 1);
    first.forget(0);
    first.forget(1);
    const std::string rejected = http(R"({"code":16, "message":"etcdserver: invalid auth token"})", "401 Unauthorized");
    first.say(0, rejected);
    first.say(1, rejected);
    std::size_t at = 0;
    REQUIRE(loop.run_until([&] {
        at = first.has("authenticate", 1) ? 1 : 0;
        return first.has("secret", at);
    }));
    first.say(at, http(test::with_header(R"("token":"two.2")")));
    for (std::size_t i = 0; i < 2; ++i) {
        wait_for(first, "Authorization: two.2\r\n", i);
        first.say(i, http(test::with_header("")));
    }
    CHECK(wait_for_result(1));
    CHECK(wait_for_result(2));
    CHECK(first.connections() == 2);
}

TEST_CASE_METHOD(ScriptedEtcd, "a token that is rejected again and again is an error", "[etcd-client]") {
    begin_with_user();
    start_read();
    for (int round = 0; round < 2; ++round) {
        wait_for(first, "secret");
        first.forget(0);
        first.say(0, http(test::with_header(R"("token":"one.1")")));
        wait_for(first, "limit");
        first.forget(0);
        first.say(0, http(R"({"code":16, "message":"etcdserver: invalid auth token"})", "401 Unauthorized"));
    }
    const auto& result = wait_for_result();
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == Fault::Kind::token);
}

TEST_CASE_METHOD(ScriptedEtcd, "a wrong password fails all that wait, and pauses logins", "[etcd-client]") {
    begin_with_user();
    start_read();
    start_read();
    wait_for(first, "secret");
    first.forget(0);
    first.say(0, http(R"({"code":3, "message":"etcdserver: authentication failed, invalid user ID or password"})",
                      "400 Bad Request"));
    for (std::size_t i = 1; i <= 2; ++i) {
        const auto& result = wait_for_result(i);
        REQUIRE_FALSE(result);
        CHECK(result.error().kind == Fault::Kind::credentials);
    }
    start_read();
    CHECK_FALSE(wait_for_result(3));
    CHECK(first.got(0).empty());  // nothing was sent
}

TEST_CASE_METHOD(ScriptedEtcd, "calls beyond the limits fail at once", "[etcd-client][limits]") {
    begin_without_user();
    std::size_t failed = 0;
    const auto count = [&](const Result<ReadAnswer, Fault>& answer) { failed += answer ? 0 : 1; };
    for (std::size_t i = 0; i < limits::calls_waiting_max + 2; ++i) {
        client->read(one_key, count);
    }
    REQUIRE(loop.run_until([&] { return idle() && failed == 2; }));
    REQUIRE(loop.run_until([&] { return idle() && first.connections() == limits::calls_running_max; }));
    CHECK(client->calls() == limits::calls_waiting_max);
}

TEST_CASE_METHOD(ScriptedEtcd, "a watch reports changes until etcd ends it", "[etcd-client]") {
    begin_without_user();
    test::WatchLog log;
    const auto watch = client->watch({range_of_prefix("w/"), 5}, log.handlers());
    wait_for(first, "create_request");
    CHECK_THAT(first.got(0), Catch::Contains("\r\nGrpc-Metadata-hasleader: true\r\n") &&
                                 Catch::Contains("\r\nConnection: close\r\n"));
    first.say(0, std::string(stream_head) + chunk(test::in_result(R"("created":true)") + "\n"));
    REQUIRE(loop.run_until([&] { return log.has_begun; }));
    const std::string event = test::in_result(
        R"("events":[{"kv":{"key":"dy8x","create_revision":"6","mod_revision":"6","version":"1","value":"eA=="}}])");
    first.say(0, chunk(event.substr(0, 40)));
    first.say(0, chunk(event.substr(40) + "\n" + test::in_result("", "8") + "\n"));
    REQUIRE(loop.run_until([&] { return log.seen == 8; }));
    CHECK(watch->seen() == 8);
    REQUIRE(log.events.size() == 1);
    CHECK(log.events[0].pair.key == "w/1");
    SECTION("compacted: the stream stays open, and we close it") {
        first.say(0, chunk(test::in_result(R"("canceled":true,"compact_revision":"7")") + "\n"));
        REQUIRE(loop.run_until([&] { return log.ended.has_value() && first.has_ended(0); }));
        CHECK(log.ended->kind == Fault::Kind::compacted);
    }
    SECTION("in order") {
        first.say(0, "0\r\n\r\n");
        REQUIRE(loop.run_until([&] { return log.ended.has_value(); }));
        CHECK(log.ended->kind == Fault::Kind::unavailable);
    }
    SECTION("cut off") {
        first.reset(0);
        REQUIRE(loop.run_until([&] { return log.ended.has_value(); }));
        CHECK(log.ended->kind == Fault::Kind::unreachable);
    }
    SECTION("with a message that is not valid") {
        first.say(0, chunk("{}\n"));
        REQUIRE(loop.run_until([&] { return log.ended.has_value(); }));
        CHECK(log.ended->kind == Fault::Kind::malformed);
    }
    CHECK(log.seen == 8);
}

TEST_CASE_METHOD(ScriptedEtcd, "a watch that is not created ends, and the next one is at another endpoint",
                 "[etcd-client]") {
    begin_without_user();
    test::WatchLog log;
    auto watch = client->watch({range_of_prefix("w/"), 50}, log.handlers());
    wait_for(first, "create_request");
    Fault::Kind expected = Fault::Kind::unreachable;
    SECTION("refused") {
        first.say(0, http(R"({"code":14, "message":"etcdserver: no leader"})", "503 Service Unavailable"));
        expected = Fault::Kind::unavailable;
    }
    SECTION("a store that ends before the start") {
        first.say(0, std::string(stream_head) + chunk(test::in_result(R"("created":true)") + "\n"));
        expected = Fault::Kind::future_revision;
    }
    SECTION("a line without end") {
        first.say(0, stream_head);
        say_much(chunk(std::string(16 * 1'024, '[')), limits::answer_max / (16 * 1'024) + 1);
        expected = Fault::Kind::malformed;
    }
    REQUIRE(loop.run_until([&] { return log.ended.has_value(); }));
    CHECK(log.ended->kind == expected);
    CHECK_FALSE(log.has_begun);
    watch = client->watch({range_of_prefix("w/"), 50}, log.handlers());
    wait_for(second, "create_request");
}

TEST_CASE_METHOD(ScriptedEtcd, "a watch that is silent at its start ends", "[etcd-client]") {
    begin_without_user(std::chrono::milliseconds(1));
    test::WatchLog log;
    const auto watch = client->watch({range_of_prefix("w/"), 50}, log.handlers());
    bool has_head = false;
    SECTION("without a head") {
        has_head = true;
    }
    SECTION("after the head") {}
    REQUIRE(loop.run_until([&] {
        if (!has_head && first.has("create_request", 0)) {
            first.say(0, stream_head);
            has_head = true;
        }
        return log.ended.has_value();
    }));
    CHECK(log.ended->kind == Fault::Kind::unreachable);
    CHECK_FALSE(log.has_begun);
}

TEST_CASE("settings are checked before anything is sent", "[etcd-client][limits]") {
    const auto problem = [](std::vector<std::string> endpoints) {
        Settings settings;
        settings.endpoints = std::move(endpoints);
        const auto destinations = destinations_of(settings);
        return destinations ? std::string() : destinations.error();
    };
    CHECK(problem({"http://127.0.0.1:2379", "http://[::1]:2379/"}).empty());
    CHECK(problem(std::vector<std::string>(limits::endpoints_max, "http://127.0.0.1:2379")).empty());
    CHECK(problem(std::vector<std::string>(limits::endpoints_max + 1, "http://127.0.0.1:2379")) ==
          "etcd needs 1 to 16 endpoints");
    CHECK_FALSE(problem({}).empty());
    CHECK_THAT(problem({"http://127.0.0.1:2379/v3"}), Catch::Contains("has a path"));
    CHECK_THAT(problem({"127.0.0.1:2379"}), Catch::Contains("127.0.0.1:2379"));
    CHECK_THAT(problem({"http://user:secret@127.0.0.1:2379"}),
               Catch::Contains("user name") && !Catch::Contains("secret"));
    CHECK(problem({"http://10.0.0.1:2379"}).empty());
    Settings settings;
    settings.endpoints = {"https://127.0.0.1:2379"};
    settings.ca_file = "/does/not/exist.pem";
    const auto destinations = destinations_of(settings);
    REQUIRE_FALSE(destinations);
    CHECK_THAT(destinations.error(), Catch::Contains("/does/not/exist.pem"));
    settings.ca_file.clear();
    settings.user = std::string(limits::user_text_max + 1, 'x');
    CHECK_FALSE(destinations_of(settings));
    settings.user = "ferrotunnel";
    settings.endpoints = {"http://127.0.0.1:2379", "http://[::1]:2379", "http://localhost:2379"};
    CHECK(destinations_of(settings));
    settings.endpoints = {"https://127.0.0.1:2379", "http://10.0.0.1:2379"};
    const auto in_clear = destinations_of(settings);
    REQUIRE_FALSE(in_clear);
    CHECK_THAT(in_clear.error(), Catch::StartsWith("the endpoint \"http://10.0.0.1:2379\" has no TLS"));
}

}  // namespace
}  // namespace ferrotunnel::etcd
