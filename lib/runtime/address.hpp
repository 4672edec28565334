// Addresses in the form that sockets use.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "net/host_port.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::runtime {

/// An IPv4 or IPv6 address with a port.
class SocketAddress {
public:
    SocketAddress() = default;
    /// Copies the kernel's form; families other than IP give an empty address.
    SocketAddress(const sockaddr* raw, socklen_t length) noexcept;
    /// Parses a numeric address; "" is the unspecified IPv6 address, which for our listeners includes IPv4.
    static std::optional<SocketAddress> from_ip(std::string_view ip, std::uint16_t port);
    /// Like from_ip() above, with an optional interface for an IPv6 address ("fe80::1%eth0").
    static std::optional<SocketAddress> from_ip(const net::HostPort& place);

    const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
    socklen_t raw_size() const noexcept { return size_; }
    int family() const noexcept { return storage_.generic.sa_family; }
    bool empty() const noexcept { return size_ == 0; }

    /// The numeric address; an IPv4-mapped IPv6 address is shown as IPv4.
    std::string ip() const;
    std::uint16_t port() const noexcept;
    void set_port(std::uint16_t port) noexcept;
    /// The address with its port: "1.2.3.4:80" or "[::1]:80".
    std::string text() const;
    bool is_loopback() const noexcept;
    bool is_unspecified() const noexcept;

    friend bool operator==(const SocketAddress& a, const SocketAddress& b) noexcept {
        return a.size_ == b.size_ && std::memcmp(a.storage_.bytes, b.storage_.bytes, a.size_) == 0;
    }

private:
    union {
        sockaddr generic;
        std::uint8_t bytes[28];  // sockaddr_in6, the larger of the two
        std::uint64_t aligned[4];
    } storage_{};
    socklen_t size_ = 0;
};

/// Whether a place to connect to is on this machine, as it is written: a loopback address, `localhost` or empty.
bool is_loopback(const net::HostPort& place);

/// A visitor's address in the form for OPEN. An IPv4-mapped IPv6 address becomes IPv4.
net::Address visitor_address(const runtime::SocketAddress& from) noexcept;

}  // namespace ferrotunnel::runtime
