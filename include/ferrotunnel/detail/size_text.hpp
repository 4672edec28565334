// Sizes as people write them: one rule for configuration files and the program's options.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// Reads a size: "65536", "64KiB", "10MB", "1g". Returns bytes, or nothing where the text is no size or does not fit.
FERROTUNNEL_EXPORT std::optional<std::uint64_t> read_size(std::string_view text);

}  // namespace ferrotunnel::detail
