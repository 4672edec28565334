// Key material and digests: the only place where lib/login calls OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>

#include "base/bytes.hpp"

namespace ferrotunnel::login {

using Digest = std::array<std::uint8_t, 32>;

/// A secret of 32 bytes. It wipes its memory, cannot be printed, and compares in constant time.
class Key {
public:
    static constexpr std::size_t size_bytes = 32;

    /// Copies `bytes`, which must be exactly `size_bytes` long.
    explicit Key(Bytes bytes);
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();

    /// For use as input of a digest or MAC only.
    Bytes bytes() const noexcept { return bytes_; }

    friend bool operator==(const Key& a, const Key& b) noexcept;
    friend std::ostream& operator<<(std::ostream&, const Key&) = delete;

private:
    std::array<std::uint8_t, size_bytes> bytes_{};
};

/// Overwrites memory in a way that the compiler keeps.
void wipe(MutableBytes memory) noexcept;

/// Compares in a time that does not reveal where the two differ. Lengths are not secret.
bool equal_constant_time(Bytes a, Bytes b) noexcept;

/// SHA-256 over the concatenation of `parts`.
Digest sha256(std::initializer_list<Bytes> parts);

/// HMAC-SHA-256 over the concatenation of `parts`.
Digest hmac_sha256(const Key& key, std::initializer_list<Bytes> parts);

}  // namespace ferrotunnel::login
