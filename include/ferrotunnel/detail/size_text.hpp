// Sizes as people write them: one rule for configuration files and the program's options.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// "65536", "64KiB", "10MB", "1g": bytes. Nothing where it is none, or does not fit.
FERROTUNNEL_EXPORT std::optional<std::uint64_t> read_size(std::string_view text);

}  // namespace ferrotunnel::detail
