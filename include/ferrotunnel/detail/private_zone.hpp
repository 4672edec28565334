// Top-level domains that nobody else has hosts below.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace ferrotunnel::detail {

/// Whether it is a top-level domain that is never delegated: localhost, test, local, internal, example, invalid (RFC
/// 6761, RFC 6762, and ICANN's reservation of .internal). `host` is in normal form.
constexpr bool is_private_zone(std::string_view host) noexcept {
    constexpr std::array<std::string_view, 6> zones{"localhost", "test", "local", "internal", "example", "invalid"};
    return std::ranges::find(zones, host) != zones.end();
}

}  // namespace ferrotunnel::detail
