// What stop() answers, and that it waits for nothing but the end.
#include <asio/bind_executor.hpp>
#include <asio/use_future.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <optional>

#include "ferrotunnel/client.hpp"
#include "unit/api/end_to_end.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::test;

namespace {

/// A stream from end to end, both ends of it the application's.
struct StopAnswersFixture {
    asio::io_context io;  // outlives both sides, as do the handlers in it that wait for the end of a stream
    Runner runner{io};
    Secret token = Secret::generate();
    Server server = server_builder(token).build();
    Client client;
    Listener listener;  // whose end at the server tells that the client's stop has begun
    Stream opened;
    Stream accepted;

    StopAnswersFixture() {
        server.start();
        client = client_builder(token, server.client_endpoint()).build();
        client.start();
        listener = client.async_listen(Tcp(0, {}, "service"), asio::bind_executor(io, asio::use_future)).get();
        std::future<Stream> coming = listener.async_accept(asio::bind_executor(io, asio::use_future));
        opened = server.async_open("service", asio::bind_executor(io, asio::use_future)).get();
        accepted = coming.get();
    }
    std::error_code read(Stream& stream) {
        std::promise<std::error_code> end;
        char byte = 0;
        stream.async_read_some(asio::buffer(&byte, 1),
                               [&](std::error_code error, std::size_t) { end.set_value(error); });
        return end.get_future().get();
    }
};

}  // namespace

TEST_CASE("a stop that cuts a stream says so", "[threads][stop]") {
    StopAnswersFixture rig;
    SECTION("of the client") {
        CHECK(rig.client.stop() == errc::timed_out);
        CHECK(rig.read(rig.accepted) == errc::session_closed);
    }
    SECTION("of the client, with too little time") {
        CHECK(rig.client.stop(20ms) == errc::timed_out);
    }
    SECTION("of the server") {
        CHECK(rig.server.stop() == errc::timed_out);
        CHECK(rig.read(rig.opened) == errc::session_closed);
    }
    SECTION("of the server, with too little time") {
        CHECK(rig.server.stop(20ms) == errc::timed_out);
    }
}

TEST_CASE("a stop that cuts nothing succeeds", "[threads][stop]") {
    StopAnswersFixture rig;
    rig.opened.close();
    rig.accepted.close();
    REQUIRE(eventually([&] { return rig.client.stats().traffic.streams + rig.server.stats().traffic.streams == 0; }));
    CHECK_FALSE(rig.client.stop());
    CHECK_FALSE(rig.server.stop());
    CHECK_FALSE(rig.client.stop());
    CHECK_FALSE(rig.server.stop());
}

TEST_CASE("all who stop at the same time are answered alike, at the end", "[threads][stop]") {
    StopAnswersFixture rig;
    auto stop_both_ways = [&](auto& end, auto has_begun) {
        auto patient = std::async(std::launch::async, [&] { return end.stop(patience); });
        REQUIRE(eventually(has_begun));
        CHECK(end.stop() == errc::timed_out);
        CHECK(patient.get() == errc::timed_out);
    };
    SECTION("the client") {
        REQUIRE(rig.server.stats().services == 1);
        stop_both_ways(rig.client, [&] { return rig.server.stats().services == 0; });
        CHECK_FALSE(rig.client.connected());
    }
    SECTION("the server") {
        stop_both_ways(rig.server, [&] { return is_stopping(rig.server); });
    }
}

TEST_CASE("a stop beside an io_context that is busy for long touches nothing that the handlers there use",
          "[threads][stop]") {
    Secret token = Secret::generate();
    asio::io_context io(1);
    std::optional<Runner> runner(std::in_place, io);
    Server server = server_builder(token).run_on(io).build();
    server.start();
    Client client = client_builder(token, server.client_endpoint()).run_on(io).build();
    client.start();
    REQUIRE_FALSE(client.wait_ready(patience));
    std::promise<void> busy;
    std::promise<void> release;
    asio::post(io, [&] {
        busy.set_value();
        release.get_future().wait();
    });
    busy.get_future().wait();
    CHECK_FALSE(client.stop());  // the goodbye never leaves: after a while the client goes without it
    CHECK_FALSE(server.stop());
    release.set_value();
    runner->call([&] { CHECK_FALSE(client.connected()); });
    runner->call([&] {
        client = Client();
        server = Server();
    });
}
