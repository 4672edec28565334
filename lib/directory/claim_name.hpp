// Name of something that a tunnel holds exclusively: a public port, a host with a path, or a host for TLS passthrough.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <utility>

namespace ferrotunnel::directory {

/// Replaces the path for TLS passthrough; no path has this form.
inline constexpr const char* tls_instead_of_path = "tls";

/// Transport of a public port: the numbers of the two are separate.
enum class Transport : std::uint8_t { tcp, udp };

struct ClaimName {
    std::uint16_t port = 0;  // 0 if the name is a host's
    Transport transport = Transport::tcp;
    std::string host;  // normalised, or a pattern
    std::string path;

    // NOLINTNEXTLINE(google-explicit-constructor): a port is a name
    ClaimName(std::uint16_t port_in, Transport transport_in = Transport::tcp)
        : port(port_in), transport(transport_in) {}
    ClaimName(std::string host_in, std::string path_in) : host(std::move(host_in)), path(std::move(path_in)) {}

    bool is_port() const noexcept { return port != 0; }
    /// The name as the start of a sentence: "Public port 2222", "Public UDP port 53", "The host app.example.com",
    /// "... with the path /api".
    std::string text() const;
    /// The word for this kind of name: "port", "host".
    const char* kind() const noexcept { return is_port() ? "port" : "host"; }

    friend auto operator<=>(const ClaimName&, const ClaimName&) = default;
};

}  // namespace ferrotunnel::directory
