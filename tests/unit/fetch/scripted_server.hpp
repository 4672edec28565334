// An HTTP server for tests, on the test's own thread: it keeps what comes, and says what a test tells it to.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fetch/message.hpp"
#include "runtime/socket.hpp"
#include "unit/runtime/loopback.hpp"

namespace ferrotunnel::fetch::test {

class ScriptedServer {
public:
    ScriptedServer() : listener_(runtime::test::listen_on_loopback()) {}
    /// At a Unix socket, which is made.
    explicit ScriptedServer(const std::string& path) : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0)) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        path.copy(at.sun_path, sizeof at.sun_path - 1);
        REQUIRE(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0);
        REQUIRE(::listen(listener_.get(), 4) == 0);
    }

    Destination destination() const {
        const std::uint16_t port = runtime::local_address(listener_.get()).port();
        return {nullptr, {"127.0.0.1", port}, "127.0.0.1:" + std::to_string(port)};
    }

    /// Accepts and reads what there is. Returns true, for use in conditions.
    bool look() {
        std::error_code error;
        runtime::SocketAddress from;
        while (runtime::Fd socket = runtime::accept_from(listener_.get(), from, error)) {
            connections_.push_back({std::move(socket), {}});
        }
        std::array<std::uint8_t, 65'536> room;
        for (Connection& each : connections_) {
            if (each.socket) {
                const runtime::IoResult result = runtime::read_some(each.socket.get(), MutableBytes(room));
                each.got.append(reinterpret_cast<const char*>(room.data()), result.bytes);
                each.has_ended = each.has_ended || result.status == runtime::IoStatus::eof;
            }
        }
        return true;
    }

    std::size_t connections() const { return connections_.size(); }
    /// What has come on a connection, the last one unless said otherwise.
    const std::string& got(std::size_t number) const { return connections_.at(number).got; }
    bool has(std::string_view text, std::size_t number) {
        look();
        return number < connections_.size() && connections_[number].got.find(text) != std::string::npos;
    }
    bool has_ended(std::size_t number) {
        look();
        return connections_.at(number).has_ended;
    }
    void forget(std::size_t number) { connections_.at(number).got.clear(); }
    void say(std::size_t number, std::string_view text) {
        const runtime::IoResult result = runtime::write_some(connections_.at(number).socket.get(), as_bytes(text));
        REQUIRE(result.bytes == text.size());
    }
    void close(std::size_t number) { connections_.at(number).socket.reset(); }
    void reset(std::size_t number) { runtime::reset_close(std::move(connections_.at(number).socket)); }
    void stop_listening() { listener_.reset(); }

private:
    struct Connection {
        runtime::Fd socket;
        std::string got;
        bool has_ended = false;
    };

    runtime::Fd listener_;
    std::vector<Connection> connections_;
};

}  // namespace ferrotunnel::fetch::test
