// Destinations that an exit allows its visitors: hosts and networks with ports. All others are rejected.
//
//   example.com:443   *.example.com:80,443   **.example.com   *:8000-8100     hosts, as in http/host_pattern.hpp
//   192.0.2.7:22      10.0.0.0/8:443         [2001:db8::/32]:443   [::1]      addresses and networks
//
// Without ports: all of them. A destination that the visitor gives as an address needs a rule for addresses. One given
// as a name needs a rule for addresses that contains what the name resolves to; or a rule for hosts, and then it may
// resolve only to public addresses. So the owner of a name below a pattern cannot make it lead into the network behind
// the client.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "http/host_pattern.hpp"
#include "net/ip_network.hpp"

namespace ferrotunnel::exits {

/// Whether the address is a public one of the Internet: not of this machine, a private network, a link, a multicast
/// group, or one that represents another address (NAT64, 6to4, Teredo). An IPv4-mapped IPv6 address counts as IPv4.
bool is_public(const net::Address& address) noexcept;

class Destinations {
public:
    /// Parses the items of a list. The words of the error follow the item, which precedes them in quotes.
    static Result<Destinations, std::string> parse(std::span<const std::string> items);

    /// Whether the visitor may reach this port of an address.
    bool allow(const net::Address& address, std::uint16_t port) const noexcept;
    /// Whether an item names it, by itself or by a network around it that is no larger than the limits allow: then the
    /// visitor may reach it even if it belongs to this machine.
    bool name(const net::Address& address, std::uint16_t port) const noexcept;
    /// Whether the name, which is in normal form, should be resolved.
    bool may_allow(std::string_view name, std::uint16_t port) const noexcept;
    /// Whether the visitor may reach this address, which the name resolves to.
    bool allow(std::string_view name, const net::Address& address, std::uint16_t port) const noexcept;

private:
    struct Ports {
        std::uint16_t first = 1;
        std::uint16_t last = 65'535;  // included
    };
    struct Rule {
        std::optional<net::IpNetwork> network;  // empty: `host`
        http::HostPattern host;
        std::vector<Ports> ports;

        bool has(std::uint16_t port) const noexcept;
    };

    static Result<Rule, std::string> parse_rule(std::string_view item);
    static bool parse_ports(std::string_view text, std::vector<Ports>& ports);
    bool allow_name(std::string_view name, std::uint16_t port) const noexcept;

    std::vector<Rule> rules_;
};

}  // namespace ferrotunnel::exits
