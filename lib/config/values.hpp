// Parses single values. A text is accepted only as a whole: "4x" is nothing. A blank may stand before a unit: "10 s".
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
/// Parses decimal digits, perhaps behind a minus sign.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// Parses a number as JSON writes it: "2", "-0.5", "1e6".
std::optional<double> parse_decimal(std::string_view text);

/// Parses a time: "500ms", "30s", "0.5s", "2m", "1h", "7d"; a number alone is in seconds.
std::optional<std::chrono::milliseconds> parse_time(std::string_view text,
                                                    std::chrono::milliseconds most = limits::config_time_max);

/// Parses a number of bytes: "512", "64KiB", "1MiB", "2GiB", or shorter "64K", "1M", "2G"; and with powers of ten
/// "64kB", "1MB", "2GB".
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Parses a rate: a whole number and a unit of time, like "20/s", "100/m" or "5000/h". Returns how often that is in a
/// second, on average; never 0, which nobody could wait for.
std::optional<double> parse_rate(std::string_view text);

/// How many characters a text has that is UTF-8.
std::size_t characters_in(std::string_view text) noexcept;

}  // namespace ferrotunnel::config
