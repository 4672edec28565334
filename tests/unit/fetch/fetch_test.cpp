#include "fetch/fetch.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "scripted_server.hpp"
#include "unit/runtime/own_loop.hpp"

namespace ferrotunnel::fetch {
namespace {

class FetchFixture {
public:
    void begin(Request request, const Bounds& bounds = {}, bool keeps = true) {
        request.to = server.destination();
        response.reset();
        fetch = std::make_unique<Fetch>(loop.worker, keeps ? &idle : nullptr, std::move(request), bounds,
                                        [this](Response& came) { response = std::move(came); });
        CHECK_FALSE(response);  // never from within the constructor
    }
    /// Waits until `text` has come on that connection.
    void wait_for(std::string_view text, std::size_t number) {
        REQUIRE(loop.run_until([&] { return server.has(text, number); }));
    }
    const Response& finish() {
        REQUIRE(loop.run_until([&] { return server.look() && response.has_value(); }));
        fetch.reset();
        return *response;
    }

    test::ScriptedServer server;
    runtime::test::OwnLoop loop;
    IdleConnections idle{loop.worker};
    std::unique_ptr<Fetch> fetch;
    std::optional<Response> response;
};

TEST_CASE_METHOD(FetchFixture, "a request is sent, and its response comes whole", "[fetch]") {
    begin({.method = "POST", .path = "/a?b", .fields = {{"Content-Type", "text/plain"}}, .body = "hello"});
    wait_for("hello", 0);
    CHECK_THAT(server.got(0), Catch::StartsWith("POST /a?b HTTP/1.1\r\nHost: 127.0.0.1:") &&
                                  Catch::Contains("\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"));
    server.say(0, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 201 Cre");
    server.say(0, "ated\r\nLocation: /made\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    server.say(0, "2\r\nde\r\n0\r\n\r\n");
    const Response& came = finish();
    CHECK(came.status == 201);
    CHECK(came.field("location") == "/made");
    CHECK(came.field("Link").empty());
    CHECK(came.body == "abcde");
    CHECK(came.error.empty());
    CHECK(idle.size() == 1);
}

TEST_CASE_METHOD(FetchFixture, "a kept connection serves the next request", "[fetch]") {
    for (int round = 0; round < 3; ++round) {
        begin({});
        wait_for("\r\n\r\n", 0);
        server.forget(0);
        server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        CHECK(finish().body == "ok");
    }
    CHECK(server.connections() == 1);
}

TEST_CASE_METHOD(FetchFixture, "connections are kept for a while, and only so many", "[fetch]") {
    std::vector<std::unique_ptr<Fetch>> fetches;
    std::size_t done = 0;
    const std::size_t count = idle_connections_max + 3;
    for (std::size_t i = 0; i < count; ++i) {
        fetches.push_back(std::make_unique<Fetch>(loop.worker, &idle, Request{.to = server.destination()}, Bounds{},
                                                  [&](Response&) { ++done; }));
    }
    REQUIRE(loop.run_until([&] { return server.look() && server.connections() == count; }));
    for (std::size_t i = 0; i < count; ++i) {
        wait_for("\r\n\r\n", i);
        server.say(i, "HTTP/1.1 204 No Content\r\n\r\n");
    }
    REQUIRE(loop.run_until([&] { return done == count; }));
    CHECK(idle.size() == idle_connections_max);
    REQUIRE(loop.run_until([&] { return idle.size() == 0; }));
    CHECK(loop.run_until([&] { return server.has_ended(count - 1); }));
}

TEST_CASE_METHOD(FetchFixture, "a connection is not kept where either side does not want that", "[fetch]") {
    const auto one = [&](std::string_view answer, bool keeps) {
        const std::size_t number = server.connections();
        begin({}, {}, keeps);
        wait_for("\r\n\r\n", number);
        server.say(number, answer);
        CHECK(finish().status == 200);
        CHECK(idle.size() == 0);
    };
    one("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", true);
    one("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", true);
    one("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore than that", true);
    one("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false);
    CHECK_THAT(server.got(3), Catch::Contains("\r\nConnection: close\r\n"));
}

TEST_CASE_METHOD(FetchFixture, "a request that met a closing connection is sent again if it may be", "[fetch]") {
    const auto first = [&] {
        const std::size_t number = server.connections();
        begin({});
        wait_for("\r\n\r\n", number);
        server.say(number, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        CHECK(finish().status == 200);
        server.forget(number);
        return number;
    };
    SECTION("the server closes it once the request is there") {
        const std::size_t kept = first();
        begin({.path = "/second"});
        wait_for("/second", kept);
        server.close(kept);
        wait_for("/second", kept + 1);
        server.say(kept + 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        CHECK(finish().error.empty());
    }
    SECTION("once only") {
        const std::size_t kept = first();
        begin({.path = "/second"});
        wait_for("/second", kept);
        server.close(kept);
        wait_for("/second", kept + 1);
        server.close(kept + 1);
        CHECK_THAT(finish().error, Catch::Contains("ended"));
        CHECK(server.connections() == kept + 2);
    }
    SECTION("not a POST") {
        const std::size_t kept = first();
        begin({.method = "POST", .path = "/second", .body = "x"});
        wait_for("/second", kept);
        server.close(kept);
        CHECK_FALSE(finish().error.empty());
        CHECK(server.connections() == kept + 1);
    }
    SECTION("a POST that may be repeated") {
        const std::size_t kept = first();
        begin({.method = "POST", .path = "/second", .body = "x", .may_repeat = true});
        wait_for("/second", kept);
        server.close(kept);
        wait_for("/second", kept + 1);
        server.say(kept + 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        CHECK(finish().error.empty());
    }
    SECTION("one whose end is there, and was not looked at yet") {
        const std::size_t kept = first();
        server.close(kept);
        begin({.method = "POST", .path = "/second", .body = "x"});
        wait_for("/second", kept + 1);
        server.say(kept + 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        CHECK(finish().error.empty());
    }
    SECTION("one that had ended before is not used") {
        const std::size_t kept = first();
        server.close(kept);
        REQUIRE(loop.run_until([&] { return idle.size() == 0; }));
        begin({.method = "POST", .path = "/second", .body = "x"});
        wait_for("/second", kept + 1);
        server.say(kept + 1, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        CHECK(finish().error.empty());
    }
}

TEST_CASE_METHOD(FetchFixture, "a body that is too long is given up", "[fetch]") {
    Bounds bounds;
    bounds.body_max = 10;
    begin({}, bounds);
    wait_for("\r\n\r\n", 0);
    SECTION("ten bytes are not") {
        server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789");
        CHECK(finish().body == "0123456789");
    }
    SECTION("eleven are") {
        server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n0123456789a");
        const Response& came = finish();
        CHECK(came.status == 200);
        CHECK(came.is_too_long);
        CHECK(came.body.empty());
        CHECK(came.error.empty());
        CHECK(idle.size() == 0);
    }
}

TEST_CASE_METHOD(FetchFixture, "without a body the head is the whole response", "[fetch]") {
    Bounds bounds;
    bounds.body_max = 0;
    begin({}, bounds);
    wait_for("Connection: close\r\n\r\n", 0);
    server.say(0, "HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n");
    CHECK(finish().status == 202);
    CHECK(response->error.empty());
}

TEST_CASE_METHOD(FetchFixture, "a body may last until the end of the connection, and no other may end there",
                 "[fetch]") {
    begin({});
    wait_for("\r\n\r\n", 0);
    SECTION("without a length") {
        server.say(0, "HTTP/1.1 200 OK\r\n\r\nall of it");
        server.close(0);
        CHECK(finish().body == "all of it");
        CHECK(response->error.empty());
    }
    SECTION("without a length, and cut by a reset") {
        server.say(0, "HTTP/1.1 200 OK\r\n\r\nhalf of it");
        server.reset(0);
        const Response& came = finish();
        CHECK_FALSE(came.error.empty());
    }
    SECTION("cut off") {
        server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
        server.close(0);
        CHECK_THAT(finish().error, Catch::Contains("cut off"));
        CHECK(response->status == 200);
    }
}

TEST_CASE_METHOD(FetchFixture, "the response to HEAD has no body", "[fetch]") {
    begin({.method = "HEAD"});
    wait_for("HEAD / HTTP/1.1", 0);
    server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
    CHECK(finish().error.empty());
    CHECK(idle.size() == 1);
}

TEST_CASE_METHOD(FetchFixture, "a server that does not keep to the rules is told apart", "[fetch]") {
    const auto say = [&](const std::string& answer) {
        begin({});
        wait_for("\r\n\r\n", server.connections() == 0 ? 0 : server.connections());
        server.say(server.connections() - 1, answer);
        return finish().error;
    };
    CHECK_THAT(say("SSH-2.0-OpenSSH_9.2\r\n"), Catch::Contains("not valid HTTP"));
    CHECK_THAT(say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), Catch::Contains("not valid"));
    CHECK_THAT(say("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), Catch::Contains("not valid"));
    std::string interim;
    for (std::size_t i = 0; i <= interim_responses_max; ++i) {
        interim += "HTTP/1.1 103 Early Hints\r\n\r\n";
    }
    CHECK_THAT(say(interim), Catch::Contains("without end"));
    CHECK_THAT(say("HTTP/1.1 200 OK\r\nX: " + std::string(response_head_max, 'a') + "\r\n"), !Catch::Equals(""));
}

TEST_CASE_METHOD(FetchFixture, "there is an end to waiting", "[fetch]") {
    Bounds bounds;
    bounds.time = std::chrono::milliseconds(100);
    SECTION("for a head") {
        begin({}, bounds);
        CHECK_THAT(finish().error, Catch::Contains("in time"));
        CHECK(response->status == 0);
    }
    SECTION("for a body") {
        begin({}, bounds);
        wait_for("\r\n\r\n", 0);
        server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
        CHECK_THAT(finish().error, Catch::Contains("in time"));
    }
}

TEST_CASE_METHOD(FetchFixture, "a refused connection says so", "[fetch]") {
    Request request{.to = server.destination()};
    server.stop_listening();
    fetch = std::make_unique<Fetch>(loop.worker, &idle, std::move(request), Bounds{},
                                    [this](Response& came) { response = std::move(came); });
    REQUIRE(loop.run_until([&] { return response.has_value(); }));
    CHECK_THAT(response->error, Catch::Contains("refused"));
}

TEST_CASE_METHOD(FetchFixture, "a request that cannot be written is refused before anything is sent", "[fetch]") {
    begin({.fields = {{"X-A", "1\r\nX-B: 2"}}});
    CHECK_THAT(finish().error, Catch::Contains("X-A"));
    CHECK(server.connections() == 0);
}

TEST_CASE_METHOD(FetchFixture, "a long request leaves while the server reads, and an early response ends it",
                 "[fetch]") {
    begin({.method = "PUT", .body = std::string(8 << 20, 'b')});
    SECTION("whole") {
        REQUIRE(loop.run_until(
            [&] { return server.look() && server.connections() == 1 && server.got(0).size() > 8 << 20; }));
        server.say(0, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        CHECK(finish().error.empty());
        CHECK(idle.size() == 1);
    }
    SECTION("answered early") {
        REQUIRE(loop.run_until([&] { return server.look() && server.connections() == 1; }));
        server.say(0, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
        REQUIRE(loop.run_until([&] { return response.has_value(); }));
        CHECK(response->status == 413);
        CHECK(idle.size() == 0);
    }
}

TEST_CASE_METHOD(FetchFixture, "destroying a request ends its connection, and nothing is told", "[fetch]") {
    begin({});
    wait_for("\r\n\r\n", 0);
    fetch.reset();
    CHECK(loop.run_until([&] { return server.has_ended(0); }));
    CHECK_FALSE(response);
}

}  // namespace
}  // namespace ferrotunnel::fetch
