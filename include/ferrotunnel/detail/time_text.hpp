// Parser of times like "30s": one rule for configuration files and the program's options.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// Parses a time: "500ms", "30s", "0.5s", "2m", "1h", "7d"; a number without a unit is seconds. Empty if the text is
/// not a valid time, or exceeds `most`.
FERROTUNNEL_EXPORT std::optional<std::chrono::milliseconds> read_time(
    std::string_view text, std::chrono::milliseconds most = std::chrono::milliseconds(10'000'000'000));

}  // namespace ferrotunnel::detail
