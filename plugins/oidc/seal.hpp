// Encrypted texts that a visitor keeps for the plugin, in cookies: AES-256-GCM with a key of the operator's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::plugins {

/// Immutable and thread-safe.
class Seal {
public:
    /// The first of `secrets` seals; all of them open. At least one, of any length.
    explicit Seal(const std::vector<std::string>& secrets);

    /// A text in base64url, which only open() with the same purpose accepts. Throws std::runtime_error if OpenSSL
    /// fails.
    std::string seal(std::string_view text, std::string_view purpose) const;
    /// Empty for anything that was not sealed with one of the secrets for this purpose.
    std::optional<std::string> open(std::string_view sealed, std::string_view purpose) const;

private:
    using Key = std::array<std::uint8_t, 32>;

    std::vector<Key> keys_;
};

/// Random bytes of the system, in base64url. Throws std::runtime_error if there are none.
std::string random_text(std::size_t bytes);

}  // namespace ferrotunnel::plugins
