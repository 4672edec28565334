// SHA-256, plain or with a key of this process, for tables that must not hold secrets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace ferrotunnel::plugins {

using Digest = std::array<std::uint8_t, 32>;

/// For unordered tables. A digest is already uniformly distributed.
struct DigestHash {
    std::size_t operator()(const Digest& digest) const noexcept {
        std::size_t value = 0;
        std::memcpy(&value, digest.data(), sizeof value);
        return value;
    }
};

/// Throws std::runtime_error without memory.
Digest sha256(std::string_view text);
/// Reads 64 hexadecimal digits; empty for anything else.
std::optional<Digest> digest_of_hex(std::string_view hex) noexcept;

/// HMAC-SHA-256 with a random key that is known only in the process.
class KeyedDigest {
public:
    /// Throws std::runtime_error if no random bytes are available.
    KeyedDigest();
    KeyedDigest(const KeyedDigest&) = delete;
    KeyedDigest& operator=(const KeyedDigest&) = delete;
    ~KeyedDigest();

    /// The digest of the parts, each with its length, so that ("ab", "c") differs from ("a", "bc"). Thread-safe.
    Digest of(std::initializer_list<std::string_view> parts) const;

private:
    Digest key_{};
};

}  // namespace ferrotunnel::plugins
