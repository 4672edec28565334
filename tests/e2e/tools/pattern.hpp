// Bytes that tell their own offset: a byte that is lost, doubled or moved shows at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace e2e {

/// Writes the pattern's bytes from `offset` on.
void fill_pattern(std::span<char> into, std::uint64_t offset);

/// The index of the first byte in `bytes` that is not the pattern's.
std::optional<std::size_t> differs_from_pattern(std::span<const char> bytes, std::uint64_t offset);

}  // namespace e2e
