// An IP address with a port, as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::net {

/// A peer's address. No family: unknown, or not an IP peer.
struct Address {
    std::uint8_t family = 0;  // 0, 4 or 6
    std::uint16_t port = 0;
    std::array<std::uint8_t, 16> bytes{};  // the first 4 for family 4

    std::size_t size() const noexcept { return family == 4 ? 4U : family == 6 ? 16U : 0U; }
    friend bool operator==(const Address&, const Address&) = default;
};

}  // namespace ferrotunnel::net
