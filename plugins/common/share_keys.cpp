#include "common/share_keys.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <variant>

#include "common/ip_range.hpp"

namespace ferrotunnel::plugins {
namespace {

constexpr unsigned ipv4_host_bits = 8;
constexpr unsigned ipv6_network_bits = 48;

}  // namespace

Share ShareKeys::of(std::string_view kind, std::string_view group, std::string_view address) const noexcept {
    const std::uint64_t shared = hash_(kind, group);
    const std::optional<IpAddress> parsed = parse_address(address);
    if (!parsed) {
        return {shared, hash_(address)};
    }
    if (const auto* const ipv4 = std::get_if<Ipv4>(&*parsed)) {
        return {shared, *ipv4 >> ipv4_host_bits};
    }
    return {shared, prefix_of(std::get<Ipv6>(*parsed), ipv6_network_bits).high};
}

}  // namespace ferrotunnel::plugins
