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

/// The bytes of a digest.
std::size_t digest_size(HashName hash) noexcept;

/// A secret for one digest. Any thread may use it.
class HmacKey {
public:
    /// Throws std::runtime_error where OpenSSL does not have that digest.
    HmacKey(HashName hash, std::string_view secret);
    HmacKey(HmacKey&&) noexcept;
    HmacKey& operator=(HmacKey&&) noexcept;
    ~HmacKey();

    /// A digest, in the first digest_size() bytes.
    using Mac = std::array<std::uint8_t, 64>;
    /// Of the texts, one behind the other. Throws std::runtime_error where there is no memory.
    Mac of(std::initializer_list<std::string_view> texts) const;
    HashName hash() const noexcept { return hash_; }

private:
    struct Context;

    HashName hash_;
    std::unique_ptr<Context> context_;  // has taken the key, and no text yet
};

/// Compares in a time that says nothing about where they differ.
bool is_equal(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other) noexcept;

}  // namespace ferrotunnel::plugins
