// A hash of texts with a secret key (SipHash-2-4), so that nobody can choose texts that collide in a table.
#pragma once

#include <cstdint>
#include <string_view>

namespace ferrotunnel::plugins {

class KeyedHash {
public:
    /// With a secret from the system.
    KeyedHash();
    KeyedHash(std::uint64_t first, std::uint64_t second) noexcept : first_(first), second_(second) {}

    /// The hash of the text.
    std::uint64_t operator()(std::string_view text) const noexcept;
    /// The hash of two texts, which depends on where the first one ends.
    std::uint64_t operator()(std::string_view one, std::string_view other) const noexcept;

private:
    std::uint64_t first_;
    std::uint64_t second_;
};

}  // namespace ferrotunnel::plugins
