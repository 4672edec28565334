// What tests of whole clients and servers have in common: a backend, visitors, builders with short times.
#pragma once

// g++ 12 takes an empty allocator inside Asio's use_future for an uninitialised one when it optimises with a sanitizer.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
#endif

#include <array>
#include <asio/buffer.hpp>
#include <asio/connect.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/post.hpp>
#include <asio/read.hpp>
#include <asio/write.hpp>
#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "ferrotunnel/client.hpp"
#include "ferrotunnel/server.hpp"
#include "support/eventually.hpp"
#include "support/lasting_port.hpp"

namespace ferrotunnel::test {

using namespace std::chrono_literals;
using asio::ip::tcp;

inline constexpr auto patience = 60s;

/// A backend that answers every byte, on a thread of its own.
class Echo {
public:
    Echo() : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {
        accept();
        thread_ = std::thread([this] { io_.run(); });
    }
    ~Echo() {
        io_.stop();
        thread_.join();
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

private:
    struct Connection : std::enable_shared_from_this<Connection> {
        explicit Connection(tcp::socket socket_in) : socket(std::move(socket_in)) {}
        void read() {
            socket.async_read_some(asio::buffer(bytes),
                                   [self = shared_from_this()](std::error_code error, std::size_t n) {
                                       if (error) {
                                           return;
                                       }
                                       asio::async_write(self->socket, asio::buffer(self->bytes, n),
                                                         [self](std::error_code failed, std::size_t) {
                                                             if (!failed) {
                                                                 self->read();
                                                             }
                                                         });
                                   });
        }
        tcp::socket socket;
        std::array<char, 4096> bytes;
    };
    void accept() {
        acceptor_.async_accept([this](std::error_code error, tcp::socket socket) {
            if (!error) {
                std::make_shared<Connection>(std::move(socket))->read();
                accept();
            }
        });
    }

    asio::io_context io_;
    tcp::acceptor acceptor_;
    std::thread thread_;
};

inline Server::Builder server_builder(const Secret& token, const std::string& bind = "127.0.0.1:0") {
    Server::Builder builder = Server::builder();
    builder.bind(bind).tcp_bind("127.0.0.1").add_token(token.copy());
    return builder;
}

inline Client::Builder client_builder(const Secret& token, const std::string& server) {
    Client::Builder builder = Client::builder();
    Timing timing;
    timing.reconnect_first = 50ms;
    timing.reconnect_max = 200ms;
    builder.server(server).token(token.copy()).timing(timing);
    return builder;
}

inline Tcp to(const std::string& local, std::uint16_t port = 0) {
    return Tcp(port, local, "service");
}

/// A server, and a client with one service, which the server has registered.
struct Tunnel {
    explicit Tunnel(const std::string& backend, const std::function<void(Server::Builder&)>& set_up = {}) {
        Server::Builder builder = server_builder(token);
        if (set_up) {
            set_up(builder);
        }
        server = builder.build();
        server.start();
        client = client_builder(token, server.client_endpoint()).build();
        service = client.add(to(backend));
        client.start();
        REQUIRE_FALSE(client.wait_ready(patience));
    }

    const Secret token = Secret::generate();
    Server server;
    Client client;
    Service service;
};

/// A visitor of a public port.
class Visitor {
public:
    explicit Visitor(std::uint16_t port) : socket_(io_) {
        socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    }
    bool echoes(const std::string& text) {
        std::error_code error;
        asio::write(socket_, asio::buffer(text), error);
        std::string answer(text.size(), '\0');
        asio::read(socket_, asio::buffer(answer), error);
        return !error && answer == text;
    }
    std::error_code wait_for_end() {
        std::error_code error;
        char byte = 0;
        while (!error) {
            asio::read(socket_, asio::buffer(&byte, 1), error);
        }
        return error;
    }

private:
    asio::io_context io_;
    tcp::socket socket_;
};

/// Whether the server's stop() has begun: it opens nothing any more.
inline bool is_stopping(Server& server) {
    std::promise<std::error_code> told;
    server.async_open("nobody", [&](std::error_code error, const Stream&) { told.set_value(error); });
    return told.get_future().get() == errc::session_closed;
}

/// A port that takes connections and says nothing.
class Mute {
public:
    Mute() : acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}) {}
    std::string address() const { return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()); }

private:
    asio::io_context io_;
    tcp::acceptor acceptor_;
};

/// Runs an io_context on a thread of its own, until it is destroyed.
class Runner {
public:
    explicit Runner(asio::io_context& io) : io_(io), work_(asio::make_work_guard(io)), thread_([&io] { io.run(); }) {}
    ~Runner() {
        work_.reset();
        io_.stop();
        thread_.join();
    }
    /// Runs `action` on the io_context's thread, in a handler of the application, and waits for it.
    template <typename Action>
    void call(Action action) {
        std::promise<void> done;
        asio::post(io_, [&] {
            action();
            done.set_value();
        });
        REQUIRE(done.get_future().wait_for(patience) == std::future_status::ready);
    }

private:
    asio::io_context& io_;
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    std::thread thread_;
};

}  // namespace ferrotunnel::test
