// Keys of a cluster: the secret that its members share, and the files that hold it.
//
//    "ftc1_" + base64url without padding of
//    +-----------------+-----------------+--------------------------------------------------+
//    | 32 random bytes | number, 3 bytes | first 4 of SHA-256("ferrotunnel ftc1" key number) |   57 characters in all
//    +-----------------+-----------------+--------------------------------------------------+
//
// The number counts the keys of a cluster, so that the steps of a replacement cannot be confused. A file has one key a
// line, or two while the key is replaced; other lines are empty or begin with `#`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace ferrotunnel::transport {

/// One key. It wipes its memory, cannot be printed, and compares in constant time.
class ClusterKey {
public:
    static constexpr std::size_t size_bytes = 32;
    static constexpr std::uint32_t number_max = 0xffffff;

    /// Makes a new key. `random` must be cryptographic outside tests. Throws TlsConfigError like the one below.
    ClusterKey(Random& random, std::uint32_t number);
    /// Copies `secret`, of exactly `size_bytes`.
    ClusterKey(Bytes secret, std::uint32_t number);
    ClusterKey(const ClusterKey&) = default;
    ClusterKey& operator=(const ClusterKey&) = default;
    ~ClusterKey();

    std::uint32_t number() const noexcept { return number_; }
    /// Names the key without revealing it: 16 hexadecimal digits, for messages and as the PSK identity of links.
    const std::string& id() const noexcept { return id_; }

    /// Fills `into` with the secret of this key for this purpose. Secrets of different purposes reveal nothing about
    /// each other. Throws TlsConfigError if OpenSSL cannot derive it.
    void derive(std::string_view purpose, MutableBytes into) const;

    /// Appends the text of the key, which is as secret as the key. It must have room reserved, so that no copy of it
    /// stays in freed memory.
    void append_text(std::string& to) const;

    friend bool operator==(const ClusterKey& a, const ClusterKey& b) noexcept;
    friend std::ostream& operator<<(std::ostream&, const ClusterKey&) = delete;

private:
    void name();

    std::array<std::uint8_t, size_bytes> secret_{};
    std::uint32_t number_;
    std::string id_;
};

inline constexpr std::string_view cluster_key_prefix = "ftc1_";
inline constexpr std::size_t cluster_key_length = 57;

/// The keys of a file: the first one is used to dial, both are accepted.
struct ClusterKeys {
    ClusterKey first;
    std::optional<ClusterKey> second{};
};

/// Reads the text of a file. The error follows the file's name and a colon, and repeats nothing of the text.
Result<ClusterKeys, std::string> parse_cluster_keys(std::string_view text);

/// Reads a file that only its owner may access, or that has mode 0440, as secrets that a platform mounts. The error is
/// like that of parse_cluster_keys.
Result<ClusterKeys, std::string> read_cluster_keys(const std::filesystem::path& file);

}  // namespace ferrotunnel::transport
