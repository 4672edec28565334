// Networks of addresses, as people write them: "10.0.0.0/8", "fd00::/8", "192.0.2.7", "::1". For lists of whom to
// trust.
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

/// IPv4 in IPv6's clothes (::ffff:a.b.c.d) is IPv4, in networks as in the addresses that are looked for: a listener for
/// both families sees its IPv4 visitors so.
class IpNetwork {
public:
    /// The error is in words that may follow the text. Strict: no zone, no brackets, no port, a length without leading
    /// zeros, and no bit set behind it, since who writes 10.1.2.3/8 means something else than what would be matched.
    static Result<IpNetwork, std::string> parse(std::string_view text);

    /// False for an address without a family.
    bool contains(const Address& address) const noexcept;
    /// "10.0.0.0/8"; without the length where it is one address.
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
    /// Of an address as text, without port or brackets; false for what is none.
    bool contains(std::string_view address) const noexcept;
    const std::vector<IpNetwork>& all() const noexcept { return networks_; }

    friend bool operator==(const IpNetworks&, const IpNetworks&) = default;

private:
    std::vector<IpNetwork> networks_;
};

/// ::ffff:a.b.c.d as IPv4; every other address as it is.
Address unmapped(const Address& address) noexcept;

/// An address as text, of either family; nothing for what is none. The port of the answer is 0.
std::optional<Address> parse_ip(std::string_view text) noexcept;

}  // namespace ferrotunnel::net
