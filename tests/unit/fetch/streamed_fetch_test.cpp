#include "fetch/streamed_fetch.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "scripted_server.hpp"
#include "unit/runtime/own_loop.hpp"

namespace ferrotunnel::fetch {
namespace {

class StreamedFixture {
public:
    void begin(Bounds bounds = {}) {
        Request request{.method = "POST", .path = "/watch", .body = "hello"};
        request.to = server.destination();
        fetch = std::make_unique<StreamedFetch>(
            loop.worker, std::move(request), bounds,
            StreamedFetch::Handlers{[this](const Response& head) { status = head.status; },
                                    [this](std::string_view bytes) {
                                        body += bytes;
                                        if (!stop_at.empty() && body.find(stop_at) != std::string::npos) {
                                            fetch->stop("enough");
                                        }
                                    },
                                    [this](const std::string& error) {
                                        ended = error;
                                        fetch.reset();
                                    }});
        CHECK_FALSE(ended);
    }
    void wait_for_request() {
        REQUIRE(loop.run_until([&] { return server.has("hello", 0); }));
    }
    const std::string& wait_for_end() {
        REQUIRE(loop.run_until([&] { return server.look() && ended.has_value(); }));
        return *ended;
    }

    test::ScriptedServer server;
    runtime::test::OwnLoop loop;
    std::unique_ptr<StreamedFetch> fetch;
    std::uint16_t status = 0;
    std::string body;
    std::string stop_at;
    std::optional<std::string> ended;
};

TEST_CASE_METHOD(StreamedFixture, "a body is passed on as it arrives", "[streamed-fetch]") {
    begin();
    wait_for_request();
    CHECK_THAT(server.got(0),
               Catch::StartsWith("POST /watch HTTP/1.1\r\n") && Catch::Contains("\r\nConnection: close\r\n"));
    server.say(0, "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    REQUIRE(loop.run_until([&] { return body == "abc"; }));
    CHECK(status == 200);
    server.say(0, "5\r\nde");
    REQUIRE(loop.run_until([&] { return body == "abcde"; }));
    CHECK_FALSE(ended);
    SECTION("to its end") {
        server.say(0, "fgh\r\n0\r\n\r\n");
        CHECK(wait_for_end().empty());
        CHECK(body == "abcdefgh");
    }
    SECTION("and cut off") {
        server.close(0);
        CHECK(wait_for_end() == "the response is cut off");
    }
    SECTION("and reset") {
        server.reset(0);
        CHECK_FALSE(wait_for_end().empty());
    }
    SECTION("and not valid") {
        server.say(0, "fghX");
        CHECK_THAT(wait_for_end(), Catch::Contains("not valid"));
    }
    SECTION("and destroyed") {
        fetch.reset();
        REQUIRE(loop.run_until([&] { return server.has_ended(0); }));
        CHECK_FALSE(ended);
    }
}

TEST_CASE_METHOD(StreamedFixture, "a stopped stream passes on nothing more", "[streamed-fetch]") {
    stop_at = "b";
    begin();
    wait_for_request();
    server.say(0, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n1\r\nc\r\n");
    CHECK(wait_for_end() == "enough");
    CHECK(body == "ab");
    CHECK(server.has_ended(0));
}

TEST_CASE_METHOD(StreamedFixture, "a head has to come in time, a body does not", "[streamed-fetch]") {
    Bounds bounds;
    SECTION("no head") {
        bounds.time = std::chrono::milliseconds(50);
        begin(bounds);
        CHECK(wait_for_end() == "there was no response in time");
    }
    SECTION("an end instead of a head") {
        begin();
        wait_for_request();
        server.close(0);
        CHECK_FALSE(wait_for_end().empty());
    }
    SECTION("nobody listens") {
        server.stop_listening();
        begin();
        CHECK_FALSE(wait_for_end().empty());
    }
    SECTION("another protocol") {
        begin();
        wait_for_request();
        server.say(0, "220 mail.example.com\r\n\r\n");
        CHECK_THAT(wait_for_end(), Catch::Contains("not valid HTTP"));
    }
    SECTION("interim responses without end") {
        begin();
        wait_for_request();
        for (std::size_t i = 0; i <= interim_responses_max; ++i) {
            server.say(0, "HTTP/1.1 103 Early Hints\r\n\r\n");
        }
        CHECK_THAT(wait_for_end(), Catch::Contains("interim"));
    }
    CHECK(status == 0);
}

TEST_CASE_METHOD(StreamedFixture, "much that arrives at once is passed on in turns", "[streamed-fetch]") {
    begin();
    wait_for_request();
    server.say(0, "HTTP/1.1 200 OK\r\n\r\n");
    const std::string piece(16 * 1'024, 'x');
    for (int i = 0; i < 64; ++i) {  // more than a turn has
        server.say(0, piece);
        if (i % 8 == 7) {
            REQUIRE(loop.run_until([&] { return body.size() >= (static_cast<std::size_t>(i) - 7) * piece.size(); }));
        }
    }
    server.close(0);
    CHECK(wait_for_end().empty());
    CHECK(body.size() == 64 * piece.size());
}

}  // namespace
}  // namespace ferrotunnel::fetch
