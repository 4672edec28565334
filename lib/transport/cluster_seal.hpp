// Seals texts for those who have the cluster's key, and opens them: AES-256-GCM by a key that is derived from it.
//
//    +---------+--------------+--------------+-----------------------+----------+
//    | version | key's id, 16 | nonce, 12    | the text, enciphered  | tag, 16  |
//    +---------+--------------+--------------+-----------------------+----------+
//      "1"       as in messages  random          AES-256-GCM; also authenticated: the first two, and `bound_to`
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "transport/cluster_key.hpp"

namespace ferrotunnel::transport {

/// Immutable and thread-safe. It wipes its keys.
class ClusterSeal {
public:
    static constexpr std::size_t id_size = 16;
    /// How much longer a sealed text is than the text.
    static constexpr std::size_t overhead = 1 + id_size + 12 + 16;

    /// `purpose`: as of ClusterKey::derive(), which may throw.
    ClusterSeal(const ClusterKeys& keys, std::string_view purpose);

    /// By the first key. `bound_to`: open() needs the same. Throws TlsConfigError if OpenSSL cannot.
    std::string seal(std::string_view text, std::string_view bound_to) const;
    /// Empty: it was sealed by another key, for something else, or was altered.
    std::optional<std::string> open(std::string_view sealed, std::string_view bound_to) const;
    /// The id of the key that a text says it was sealed by. Empty: it was not sealed by this class.
    static std::string_view key_id(std::string_view sealed) noexcept;
    /// The id of the first key.
    const std::string& first_id() const noexcept { return keys_.front().id; }

private:
    struct Key {
        std::string id;
        std::array<std::uint8_t, 32> secret{};

        Key(const ClusterKey& of, std::string_view purpose);
        Key(Key&&) noexcept = default;
        Key(const Key&) = delete;
        Key& operator=(const Key&) = delete;
        ~Key();
    };

    std::vector<Key> keys_;
};

}  // namespace ferrotunnel::transport
