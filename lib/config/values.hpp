// Parsers of single values. A text must match as a whole: "4x" is invalid. A space before a unit is allowed: "10 s".
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/limits.hpp"

namespace ferrotunnel::config {

/// Parses a boolean: true, on, yes; false, off, no.
std::optional<bool> parse_bool(std::string_view text);

/// Parses decimal digits.
std::optional<std::uint64_t> parse_number(std::string_view text);
/// Parses decimal digits with an optional minus sign.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// Parses a number as in JSON: "2", "-0.5", "1e6".
std::optional<double> parse_decimal(std::string_view text);

/// Parses a time: "500ms", "30s", "0.5s", "2m", "1h", "7d"; a plain number is in seconds.
std::optional<std::chrono::milliseconds> parse_time(std::string_view text,
                                                    std::chrono::milliseconds most = limits::config_time_max);

/// Parses a number of bytes: "512", "64KiB", "1MiB", "2GiB", or shorter "64K", "1M", "2G"; and with powers of ten
/// "64kB", "1MB", "2GB".
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Parses a rate: a whole number and a unit of time, like "20/s", "100/m" or "5000/h". Returns the average per second;
/// never 0.
std::optional<double> parse_rate(std::string_view text);

/// The number of characters of a UTF-8 text.
std::size_t characters_in(std::string_view text) noexcept;

}  // namespace ferrotunnel::config
