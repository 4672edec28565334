// IP networks as text: "10.0.0.0/8", "fd00::/8", "192.0.2.7", "::1". Used for lists of trusted peers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::net {

/// One network. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) counts as IPv4, both in networks and in the addresses that
/// are looked up: a listener for both families sees its IPv4 visitors in that form.
class IpNetwork {
public:
    /// Parses a network. The error is worded to follow the text. Strict: no zone, no brackets, no port, a length
    /// without leading zeros, and no bit set beyond the length, since 10.1.2.3/8 would match more than was probably
    /// intended.
    static Result<IpNetwork, std::string> parse(std::string_view text);

    /// The network of this length that contains an address. The length must be valid for its family.
    static IpNetwork around(const Address& address, std::uint8_t bits) noexcept;

    /// The prefix length; 0: all addresses of a family.
    std::uint8_t bits() const noexcept { return bits_; }

    /// False for an address without a family.
    bool contains(const Address& address) const noexcept;
    /// The network as text, like "10.0.0.0/8"; without the length if it is a single address.
    std::string text() const;

    friend bool operator==(const IpNetwork&, const IpNetwork&) = default;

private:
    Address base_;  // family 4 or 6, no port
    std::uint8_t bits_ = 0;
};

class IpNetworks {
public:
    IpNetworks() = default;
    explicit IpNetworks(std::vector<IpNetwork> networks) : networks_(std::move(networks)) {}

    bool empty() const noexcept { return networks_.empty(); }
    bool contains(const Address& address) const noexcept;
    /// Whether `address`, a text without port or brackets, is in one of the networks; false if it is not a valid
    /// address.
    bool contains(std::string_view address) const noexcept;
    const std::vector<IpNetwork>& all() const noexcept { return networks_; }

    friend bool operator==(const IpNetworks&, const IpNetworks&) = default;

private:
    std::vector<IpNetwork> networks_;
};

/// Returns ::ffff:a.b.c.d as IPv4, and every other address as it is.
Address unmapped(const Address& address) noexcept;

/// Parses an address of either family; empty if `text` is invalid. The returned port is 0.
std::optional<Address> parse_ip(std::string_view text) noexcept;

}  // namespace ferrotunnel::net
