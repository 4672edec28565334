// What an application that waits for its listener is told when the client ends for good.

// g++ 12 takes an empty allocator inside Asio's use_future for an uninitialised one when it optimises with a sanitizer.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#include "ferrotunnel/client.hpp"

#include <catch2/catch.hpp>

#include "ferrotunnel/server.hpp"

#include <asio/use_future.hpp>
#include <chrono>
#include <future>
#include <system_error>

using namespace ferrotunnel;
using namespace std::chrono_literals;

namespace {

std::error_code failure_of(std::future<Listener> listening) {
    REQUIRE(listening.wait_for(30s) == std::future_status::ready);
    try {
        (void)listening.get();
        return {};
    } catch (const std::system_error& error) {
        return error.code();
    }
}

Client make_client(const std::string& server, Secret token) {
    return Client::builder().server(server).token(std::move(token)).workers(1).build();
}

}  // namespace

TEST_CASE("a listener that waits is told that the token was refused") {
    auto server =
        Server::builder().bind("127.0.0.1:0").tcp_bind("127.0.0.1").token(Secret::generate()).workers(1).build();
    server.start();
    auto client = make_client(server.control_endpoint(), Secret::generate());
    client.start();
    CHECK(failure_of(client.async_listen(Tcp{.remote_port = 0, .local = {}, .name = "one"}, asio::use_future)) ==
          errc::unauthorized);
}

TEST_CASE("a listener that waits is told that the client was stopped") {
    auto client = make_client("127.0.0.1:1", Secret::generate());
    client.start();
    auto listening = client.async_listen(Tcp{.remote_port = 0, .local = {}, .name = "one"}, asio::use_future);
    client.stop();
    CHECK(failure_of(std::move(listening)) == asio::error::operation_aborted);
}
