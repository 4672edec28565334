#include "common/ip_range.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <charconv>
#include <stdexcept>
#include <string>

namespace ferrotunnel::plugins {
namespace {

constexpr std::uint64_t mapped_low = 0xffff'0000'0000;  // the bits of ::ffff:0:0 in the lower half
constexpr unsigned mapped_bits = 96;

// The first `bits` of `width` bits.
template <typename Number>
constexpr Number mask_of(unsigned bits) noexcept {
    constexpr unsigned width = sizeof(Number) * 8;
    return bits == 0 ? Number{0} : static_cast<Number>(~Number{0} << (width - bits));
}

std::uint64_t number_of(const unsigned char* bytes) noexcept {
    std::uint64_t number = 0;
    for (int i = 0; i < 8; ++i) {
        number = number << 8 | bytes[i];
    }
    return number;
}

// As written: a mapped address stays IPv6, since a prefix length counts from its start.
std::optional<IpAddress> parse_written(std::string_view text) noexcept {
    if (text.starts_with('[') && text.ends_with(']')) {
        text = text.substr(1, text.size() - 2);
    }
    if (text.find(':') != std::string_view::npos) {
        text = text.substr(0, text.find('%'));
    }
    std::array<char, INET6_ADDRSTRLEN + 1> copy{};  // inet_pton needs a NUL after the text
    if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    text.copy(copy.data(), text.size());
    in_addr v4{};
    if (inet_pton(AF_INET, copy.data(), &v4) == 1) {
        return IpAddress(ntohl(v4.s_addr));
    }
    in6_addr v6{};
    if (inet_pton(AF_INET6, copy.data(), &v6) == 1) {
        return IpAddress(Ipv6{number_of(v6.s6_addr), number_of(v6.s6_addr + 8)});
    }
    return std::nullopt;
}

bool is_mapped(const IpAddress& address) noexcept {
    const auto* const v6 = std::get_if<Ipv6>(&address);
    return v6 != nullptr && v6->high == 0 && v6->low >> 32 == mapped_low >> 32;
}

IpAddress unmapped(const IpAddress& address) noexcept {
    return is_mapped(address) ? IpAddress(static_cast<Ipv4>(std::get<Ipv6>(address).low)) : address;
}

IpRange range_of(Ipv4 first, unsigned bits) {
    const Ipv4 mask = mask_of<Ipv4>(bits);
    if ((first & ~mask) != 0) {
        throw std::invalid_argument("has bits set after its prefix length");
    }
    return {first, first | ~mask};
}

IpRange range_of(const Ipv6& first, unsigned bits) {
    if (prefix_of(first, bits) != first) {
        throw std::invalid_argument("has bits set after its prefix length");
    }
    const Ipv6 mask = prefix_of({~std::uint64_t{0}, ~std::uint64_t{0}}, bits);
    return {first, Ipv6{first.high | ~mask.high, first.low | ~mask.low}};
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) noexcept {
    const std::optional<IpAddress> address = parse_written(text);
    return address ? std::optional(unmapped(*address)) : std::nullopt;
}

IpRange parse_range(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::optional<IpAddress> written = parse_written(text.substr(0, slash));
    if (!written) {
        throw std::invalid_argument("is not an address or network, such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32");
    }
    const bool is_v4 = std::holds_alternative<Ipv4>(*written);
    const unsigned bits_max = is_v4 ? 32 : 128;
    unsigned bits = bits_max;
    if (slash != std::string_view::npos) {
        const char* const end = text.data() + text.size();
        const auto [stopped, error] = std::from_chars(text.data() + slash + 1, end, bits);
        if (error != std::errc() || stopped != end || bits > bits_max) {
            throw std::invalid_argument("needs a prefix length from 0 to " + std::to_string(bits_max) + " after its /");
        }
    }
    if (is_v4) {
        return range_of(std::get<Ipv4>(*written), bits);
    }
    if (is_mapped(*written) && bits >= mapped_bits) {
        return range_of(std::get<Ipv4>(unmapped(*written)), bits - mapped_bits);
    }
    return range_of(std::get<Ipv6>(*written), bits);
}

Ipv6 prefix_of(const Ipv6& address, unsigned bits) noexcept {
    const unsigned of_high = bits < 64 ? bits : 64;
    const unsigned of_low = bits < 64 ? 0 : bits - 64;
    return {address.high & mask_of<std::uint64_t>(of_high), address.low & mask_of<std::uint64_t>(of_low)};
}

}  // namespace ferrotunnel::plugins
