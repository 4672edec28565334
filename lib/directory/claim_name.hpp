// What a session may hold so that no other tunnel has it: a public port, a host with a path, or a host's untouched TLS.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>

namespace ferrotunnel::directory {

/// Stands for untouched TLS where a path would stand; no path is written so.
inline constexpr const char* tls_instead_of_path = "tls";

struct ClaimName {
    std::uint16_t port = 0;  // 0: it is a host
    std::string host;        // normalised, or a pattern
    std::string path;

    ClaimName(std::uint16_t port_in) : port(port_in) {}  // NOLINT(google-explicit-constructor): a port is one
    ClaimName(std::string host_in, std::string path_in) : host(std::move(host_in)), path(std::move(path_in)) {}

    bool is_port() const noexcept { return port != 0; }
    /// As a sentence begins with it: "Public port 2222", "The host app.example.com", "... with the path /api".
    std::string text() const;
    /// The word for one of its kind: "port", "host".
    const char* kind() const noexcept { return is_port() ? "port" : "host"; }

    friend auto operator<=>(const ClaimName&, const ClaimName&) = default;
};

}  // namespace ferrotunnel::directory
