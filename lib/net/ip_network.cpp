#include "net/ip_network.hpp"

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "net/ip_text.hpp"

namespace ferrotunnel::net {

namespace {

constexpr std::size_t mapped_prefix_bytes = 12;

// Parses a length up to 128, without leading zeros.
std::optional<unsigned> parse_length(std::string_view text) noexcept {
    if (text.empty() || text.size() > 3 || (text.size() > 1 && text.front() == '0')) {
        return std::nullopt;
    }
    unsigned value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value;
}

bool same_start(const Address& a, const Address& b, unsigned bits) noexcept {
    const unsigned whole = bits / 8;
    if (std::memcmp(a.bytes.data(), b.bytes.data(), whole) != 0) {
        return false;
    }
    const unsigned rest = bits % 8;
    return rest == 0 || (a.bytes[whole] ^ b.bytes[whole]) >> (8 - rest) == 0;
}

Address start_of(const Address& address, unsigned bits) noexcept {
    Address start = address;
    for (unsigned i = 0; i < 8 * address.size(); ++i) {
        if (i >= bits) {
            start.bytes[i / 8] &= static_cast<std::uint8_t>(~(0x80U >> (i % 8)));
        }
    }
    return start;
}

}  // namespace

std::optional<Address> parse_ip(std::string_view text) noexcept {
    return text.find(':') == std::string_view::npos ? parse_ipv4(text) : parse_ipv6(text);
}

Address unmapped(const Address& address) noexcept {
    const auto& bytes = address.bytes;
    const bool mapped = address.family == 6 &&
                        std::all_of(bytes.begin(), bytes.begin() + 10, [](std::uint8_t byte) { return byte == 0; }) &&
                        bytes[10] == 0xff && bytes[11] == 0xff;
    if (!mapped) {
        return address;
    }
    Address four;
    four.family = 4;
    four.port = address.port;
    std::copy_n(bytes.begin() + mapped_prefix_bytes, 4, four.bytes.begin());
    return four;
}

Result<IpNetwork, std::string> IpNetwork::parse(std::string_view text) {
    const std::size_t slash = text.find('/');
    const auto address = parse_ip(text.substr(0, slash));
    if (!address) {
        return std::string("is neither an IP address nor a network like 10.0.0.0/8 or fd00::/8");
    }
    const auto widest = static_cast<unsigned>(8 * address->size());
    auto bits = slash == std::string_view::npos ? widest : parse_length(text.substr(slash + 1));
    if (!bits || *bits > widest) {
        return "has no length from 0 to " + std::to_string(widest) + " after its '/'";
    }
    if (const Address start = start_of(*address, *bits); start != *address) {
        return "has bits set beyond its length; the network is " + ip_text(start) + '/' + std::to_string(*bits);
    }
    IpNetwork network;
    network.base_ = unmapped(*address);
    if (network.base_.family != address->family) {
        bits = *bits - static_cast<unsigned>(8 * mapped_prefix_bytes);
    }
    network.bits_ = static_cast<std::uint8_t>(*bits);
    return network;
}

IpNetwork IpNetwork::around(const Address& address, std::uint8_t bits) noexcept {
    IpNetwork network;
    network.base_ = address;
    network.base_.port = 0;
    network.bits_ = bits;
    for (std::size_t i = 0; i < network.base_.size(); ++i) {
        const int kept = std::clamp(bits - 8 * static_cast<int>(i), 0, 8);
        network.base_.bytes[i] =
            static_cast<std::uint8_t>(network.base_.bytes[i] & (0xFF00U >> static_cast<unsigned>(kept)));
    }
    return network;
}

bool IpNetwork::contains(const Address& address) const noexcept {
    const Address plain = unmapped(address);
    return plain.family != 0 && plain.family == base_.family && same_start(plain, base_, bits_);
}

std::string IpNetwork::text() const {
    std::string text = ip_text(base_);
    return bits_ == 8 * base_.size() ? text : text + '/' + std::to_string(bits_);
}

bool IpNetworks::contains(const Address& address) const noexcept {
    return std::any_of(networks_.begin(), networks_.end(),
                       [&](const IpNetwork& network) { return network.contains(address); });
}

bool IpNetworks::contains(std::string_view address) const noexcept {
    const auto parsed = networks_.empty() ? std::nullopt : parse_ip(address);
    return parsed && contains(*parsed);
}

}  // namespace ferrotunnel::net
