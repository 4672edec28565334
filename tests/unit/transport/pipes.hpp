// Helpers for tests of pipes: connected sockets, contexts and handshakes on one thread.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "runtime/socket.hpp"
#include "runtime/system_random.hpp"
#include "transport/tls_context.hpp"
#include "transport/tls_pipe.hpp"
#include "unit/runtime/loopback.hpp"

namespace ferrotunnel::transport::test {

using runtime::test::listen_on_loopback;
using runtime::test::loopback;

inline constexpr int patience_ms = 60'000;

inline void wait_for(int fd, short events) {
    pollfd entry{fd, events, 0};
    if (::poll(&entry, 1, patience_ms) != 1) {
        throw std::runtime_error("nothing happened");
    }
}

/// A socket that has connected, and sends what it is given at once.
inline runtime::Fd connect_to(const runtime::SocketAddress& address) {
    std::error_code error;
    runtime::Fd socket = runtime::start_connect(address, error);
    REQUIRE(socket);
    wait_for(socket.get(), POLLOUT);
    runtime::set_no_delay(socket.get());
    return socket;
}

/// A connected TCP pair; `buffer` limits what the kernel holds, when not 0.
inline std::pair<runtime::Fd, runtime::Fd> tcp_pair(int buffer = 0) {
    std::error_code error;
    runtime::Fd listener = listen_on_loopback();
    const auto limit = [buffer](const runtime::Fd& fd) {
        if (buffer != 0) {
            ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
            ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
        }
    };
    limit(listener);  // so that accepted sockets do not announce more either
    runtime::Fd client = runtime::start_connect(runtime::local_address(listener.get()), error);
    REQUIRE(client);
    wait_for(listener.get(), POLLIN);
    runtime::SocketAddress peer;
    runtime::Fd server = runtime::accept_from(listener.get(), peer, error);
    REQUIRE(server);
    for (const runtime::Fd* fd : {&client, &server}) {
        runtime::set_no_delay(fd->get());
        limit(*fd);
    }
    return {std::move(client), std::move(server)};
}

/// A directory of its own that goes away with it.
class TemporaryDirectory {
public:
    TemporaryDirectory()
        : path_(std::filesystem::temp_directory_path() /
                ("ferrotunnel-test-" + std::to_string(runtime::system_random().next()))) {
        std::filesystem::create_directory(path_);
    }
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    const std::filesystem::path& path() const { return path_; }
    std::filesystem::path file(const std::string& name, const std::string& content) const {
        std::ofstream(path_ / name) << content;
        return path_ / name;
    }

private:
    std::filesystem::path path_;
};

struct Outcome {
    IoStatus status = IoStatus::would_block;
    std::string why;
};

/// Steps both ends until each has finished or failed. A failed end is destroyed, which closes its socket.
inline std::pair<Outcome, Outcome> shake_hands(std::unique_ptr<Pipe>& client, std::unique_ptr<Pipe>& server) {
    Outcome ours;
    Outcome theirs;
    auto step = [](std::unique_ptr<Pipe>& pipe, Outcome& outcome) {
        if (outcome.status == IoStatus::would_block) {
            outcome.status = pipe->handshake(outcome.why);
            if (outcome.status == IoStatus::error || outcome.status == IoStatus::eof) {
                pipe.reset();
            }
        }
    };
    for (int i = 0; i < 10'000; ++i) {
        step(client, ours);
        step(server, theirs);
        if (ours.status != IoStatus::would_block && theirs.status != IoStatus::would_block) {
            return {ours, theirs};
        }
        pollfd entries[2] = {{client ? client->fd() : -1, POLLIN, 0}, {server ? server->fd() : -1, POLLIN, 0}};
        ::poll(entries, 2, 20);
    }
    throw std::runtime_error("the handshake does not end");
}

struct TlsPair {
    std::unique_ptr<Pipe> client;
    std::unique_ptr<Pipe> server;
};

inline std::shared_ptr<TlsContext> server_context() {
    static const std::shared_ptr<TlsContext> context = TlsContext::make_server({});
    return context;
}
inline std::shared_ptr<TlsContext> client_context() {
    static const std::shared_ptr<TlsContext> context = TlsContext::make_client({});
    return context;
}

inline TlsPair open_tls(std::pair<runtime::Fd, runtime::Fd> sockets = tcp_pair()) {
    TlsPair pair{make_tls_pipe(std::move(sockets.first), client_context()),
                 make_tls_pipe(std::move(sockets.second), server_context())};
    auto [ours, theirs] = shake_hands(pair.client, pair.server);
    REQUIRE(ours.why == "");
    REQUIRE(theirs.why == "");
    REQUIRE(ours.status == IoStatus::ok);
    REQUIRE(theirs.status == IoStatus::ok);
    return pair;
}

/// Reads until `count` bytes have come.
inline std::string read_exactly(Pipe& pipe, std::size_t count) {
    std::string text(count, '\0');
    std::size_t got = 0;
    while (got < count) {
        IoResult result = pipe.read(MutableBytes(reinterpret_cast<std::uint8_t*>(text.data()) + got, count - got));
        got += result.bytes;
        if (result.status == IoStatus::eof || result.status == IoStatus::error) {
            FAIL("the pipe ended early: " << pipe.error_text());
        }
        if (got < count && result.status == IoStatus::would_block) {
            wait_for(pipe.fd(), POLLIN);
        }
    }
    return text;
}

/// Reads until something other than bytes comes.
inline IoResult read_to_end(Pipe& pipe) {
    std::uint8_t bytes[4096];
    for (;;) {
        IoResult result = pipe.read(MutableBytes(bytes));
        if (result.status == IoStatus::eof || result.status == IoStatus::error) {
            return result;
        }
        if (result.status == IoStatus::would_block) {
            wait_for(pipe.fd(), POLLIN);
        }
    }
}

inline IoResult write_text(Pipe& pipe, std::string_view text) {
    Bytes piece = as_bytes(text);
    return pipe.write(std::span<const Bytes>(&piece, 1));
}

}  // namespace ferrotunnel::transport::test
