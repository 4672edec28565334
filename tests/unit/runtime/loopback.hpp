// Sockets of this machine for tests.
#pragma once

#include <catch2/catch.hpp>
#include <cstdint>
#include <system_error>

#include "runtime/socket.hpp"

namespace ferrotunnel::runtime::test {

/// With any free port for a listener.
inline SocketAddress loopback(std::uint16_t port = 0) {
    return *SocketAddress::from_ip("127.0.0.1", port);
}

inline Fd listen_on_loopback(int backlog = 4'096) {
    std::error_code error;
    Fd listener = listen_on(loopback(), error, backlog);
    REQUIRE(listener);
    return listener;
}

}  // namespace ferrotunnel::runtime::test
