// What an application that waits for its listener is told when the client ends for good.
#include "ferrotunnel/client.hpp"

#include <asio/bind_executor.hpp>
#include <asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <optional>
#include <system_error>

#include "ferrotunnel/server.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;

namespace {

// With a token that nobody knows.
Server running_server() {
    Server server =
        Server::builder().bind("127.0.0.1:0").tcp_bind("127.0.0.1").add_token(Secret::generate()).workers(1).build();
    server.start();
    return server;
}

// Makes one attempt only: a server that has not proved that it knows the token is not believed when it refuses that
// token, and would be tried for ever.
Client make_client(const std::string& server, Secret token) {
    return Client::builder().server(server).token(std::move(token)).attempts(1).workers(1).build();
}

// An async_listen and its answer.
class Listening {
public:
    Listening(asio::io_context& io, Client& client) : io_(io) {
        client.async_listen(Tcp(0, {}, "one"),
                            asio::bind_executor(io, [this](std::error_code ec, Listener) { answer_ = ec; }));
    }
    std::error_code wait() {
        io_.run_for(60s);  // returns when nothing is outstanding
        REQUIRE(answer_.has_value());
        return *answer_;
    }

private:
    asio::io_context& io_;
    std::optional<std::error_code> answer_;
};

}  // namespace

TEST_CASE("a listener that waits is told that the token was refused", "[client]") {
    asio::io_context io;
    auto server = running_server();
    auto client = make_client(server.client_endpoint(), Secret::generate());
    client.start();
    CHECK(Listening(io, client).wait() == errc::unauthorized);
}

TEST_CASE("who comes after a client has ended is told why it did", "[client]") {
    asio::io_context io;
    auto server = running_server();
    auto client = make_client(server.client_endpoint(), Secret::generate());
    client.start();
    REQUIRE(client.wait_ready(60s) == errc::unauthorized);
    CHECK(Listening(io, client).wait() == errc::unauthorized);
    try {
        client.add(Tcp(0, "127.0.0.1:9", "two"));
        FAIL("a client that has ended takes no service");
    } catch (const std::system_error& error) {
        CHECK(error.code() == errc::unauthorized);
    }
}

TEST_CASE("a listener that waits is told that the client was stopped", "[client]") {
    asio::io_context io;
    // Tries for ever: it must not have given up when it is stopped.
    auto client = Client::builder().server("127.0.0.1:1").token(Secret::generate()).workers(1).build();
    client.start();
    Listening listening(io, client);
    client.stop();
    CHECK(listening.wait() == asio::error::operation_aborted);
}
