// Rights of a token, beyond those of every token of the server. An immutable value: sessions look it up by their token
// each time they need it, and keep no copy.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "login/port_policy.hpp"
#include "net/ip_network.hpp"
#include "shaping/shapes.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::login {

/// How many hosts, ranges of ports and networks one token's rights may list: each registration checks all of them.
inline constexpr std::size_t rights_list_max = 256;

/// A kind of service, and its name in rights.
struct KindName {
    wire::ServiceKind kind;
    std::string_view name;
};
inline constexpr KindName service_kinds[] = {
    {wire::ServiceKind::tcp, "tcp"},
    {wire::ServiceKind::udp, "udp"},
    {wire::ServiceKind::http, "http"},
    {wire::ServiceKind::tls, "tls"},
    {wire::ServiceKind::private_tcp, "private"},
};

/// The ports that a token may have.
struct PortRight {
    /// Every port that is in no other token's list. `listed` then has its default.
    bool any = false;
    PortPolicy listed{};
};

struct Rights {
    using Moment = std::chrono::system_clock::time_point;

    /// Hosts in normal form; a pattern includes what it matches. Without: hosts to which no other token has a right.
    std::optional<std::vector<std::string>> hosts;
    std::optional<PortRight> ports;  // without: the ports that every token may have
    std::optional<std::vector<wire::ServiceKind>> kinds;
    std::optional<std::vector<std::string>> bind;  // IP addresses that ports may listen on; without: the server's own
    std::vector<std::string> visited_by;           // names of other tokens that may visit its private services
    std::optional<net::IpNetworks> from;           // the networks that its clients connect from
    std::optional<Moment> expires;                 // the token is rejected from then on
    // Limits at any one time, for all clients of the token together.
    std::optional<std::uint64_t> connections;
    std::optional<std::uint64_t> services;
    std::optional<std::uint64_t> visitors;
    /// How many new visitors are admitted per second: as many at once, and at least one.
    std::optional<double> visitors_per_second;
    shaping::TokenRates rates;  // bytes per second

    bool has_expired(Moment now) const noexcept { return expires && *expires <= now; }
    bool counts_visitors() const noexcept { return visitors || visitors_per_second; }
    bool allows(wire::ServiceKind kind) const noexcept;
    /// Whether clients with another token, called `token`, may visit private services.
    bool lets_visit(std::string_view token) const noexcept;
};

/// The kinds for a message: "tcp, http"; "none".
std::string names_of(const std::vector<wire::ServiceKind>& kinds);
/// The name of a kind in rights; empty if it has none.
std::string_view name_of(wire::ServiceKind kind) noexcept;
std::optional<wire::ServiceKind> kind_named(std::string_view name) noexcept;

}  // namespace ferrotunnel::login
