#include "acme/identifier.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "acme/crypto.hpp"
#include "acme/limits.hpp"
#include "base/bytes.hpp"
#include "base/hex.hpp"
#include "net/host_name.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::acme {
namespace {

std::optional<net::Address> address_of(std::string_view text) {
    const std::optional<net::Address> address = net::parse_ipv4(text);
    return address ? address : net::parse_ipv6(text);
}

// Whether a certificate can be for it. An address that means "any", and an IPv4 address written as IPv6, are not of one
// host.
bool is_of_a_host(const net::Address& address) {
    const auto end = address.bytes.begin() + static_cast<std::ptrdiff_t>(address.size());
    const bool is_any = std::all_of(address.bytes.begin(), end, [](std::uint8_t byte) { return byte == 0; });
    const bool is_mapped = address.family == 6 && net::ip_text(address).find('.') != std::string::npos;
    return !is_any && !is_mapped;
}

std::string reversed_ipv4(const net::Address& address) {
    std::string name;
    for (std::size_t i = 4; i-- > 0;) {
        name += std::to_string(address.bytes[i]) + ".";
    }
    return name + "in-addr.arpa";
}

std::string reversed_ipv6(const net::Address& address) {
    std::string name;
    for (std::size_t i = address.bytes.size(); i-- > 0;) {
        name += hex_digits[address.bytes[i] & 15U];
        name += '.';
        name += hex_digits[address.bytes[i] >> 4U];
        name += '.';
    }
    return name + "ip6.arpa";
}

// Names that do not lead to a host on the Internet, or not by DNS.
constexpr std::array<std::string_view, 5> special_ends{".localhost", ".local", ".invalid", ".onion", ".arpa"};

// CAs do not issue for top-level domains, names with an underscore (those are ours, in names of files), and special
// names.
bool is_issuable(std::string_view host) {
    return host.find('.') != std::string_view::npos && host.find('_') == std::string_view::npos &&
           std::none_of(special_ends.begin(), special_ends.end(),
                        [host](std::string_view end) { return host.ends_with(end); });
}

}  // namespace

std::string Identifier::alpn_server_name() const {
    if (type == Type::dns) {
        return value;
    }
    const std::optional<net::Address> address = address_of(value);
    if (!address) {
        return {};
    }
    return address->family == 4 ? reversed_ipv4(*address) : reversed_ipv6(*address);
}

std::optional<Identifier> read_identifier(std::string_view text) {
    if (const auto address = address_of(text)) {
        if (!is_of_a_host(*address)) {
            return std::nullopt;
        }
        return Identifier{Identifier::Type::ip, net::ip_text(*address)};
    }
    auto pattern = net::normal_host_pattern(text);
    if (!pattern) {
        return std::nullopt;
    }
    const std::string_view host = pattern->starts_with("*.") ? std::string_view(*pattern).substr(2) : *pattern;
    if (!is_issuable(host)) {
        return std::nullopt;
    }
    return Identifier{Identifier::Type::dns, std::move(*pattern)};
}

std::string file_name_of(const Identifier& identifier) {
    std::string name = identifier.is_wildcard() ? "_wildcard." + identifier.value.substr(2) : identifier.value;
    std::replace(name.begin(), name.end(), ':', '-');
    if (name.size() > limits::file_name_max) {
        const Sha256 digest = sha256_of(identifier.value);
        const std::string rest = "_" + to_hex(Bytes(digest).first(8));
        name.resize(limits::file_name_max - rest.size());
        name += rest;
    }
    return name;
}

}  // namespace ferrotunnel::acme
