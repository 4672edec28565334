// HMAC (RFC 2104) with the digests that senders of webhooks use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

enum class HashName : std::uint8_t { sha1, sha256, sha512 };

/// The size of a digest in bytes.
std::size_t digest_size(HashName hash) noexcept;

/// A secret for one digest. Thread-safe.
class HmacKey {
public:
    /// Throws std::runtime_error if OpenSSL does not have that digest.
    HmacKey(HashName hash, std::string_view secret);
    HmacKey(HmacKey&&) noexcept;
    HmacKey& operator=(HmacKey&&) noexcept;
    ~HmacKey();

    /// A digest, in the first digest_size() bytes.
    using Mac = std::array<std::uint8_t, 64>;
    /// The digest of the concatenated texts. Throws std::runtime_error without memory.
    Mac of(std::initializer_list<std::string_view> texts) const;
    HashName hash() const noexcept { return hash_; }

private:
    struct Context;

    HashName hash_;
    std::unique_ptr<Context> context_;  // initialized with the key, without text
};

/// Compares in constant time.
bool is_equal(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other) noexcept;

}  // namespace ferrotunnel::plugins
