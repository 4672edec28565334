// Reads a file of addresses and networks, one per line, again when it has changed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/ip_range.hpp"

namespace ferrotunnel::plugins {

/// Maximum number of ranges in a list, of the settings and a file together: a worker finds an address in 17 steps.
constexpr std::size_t ranges_max = 100'000;
/// Maximum size of a file: 80 bytes for each range with its comment.
constexpr std::size_t range_file_bytes_max = 8'000'000;

/// Reads addresses and networks, one per line, with optional whitespace around them; a # begins a comment. Throws
/// std::invalid_argument with `name`, the line's number and the mistake.
std::vector<IpRange> parse_ranges(std::string_view text, const std::string& name);

class RangeFile {
public:
    explicit RangeFile(std::string path) : path_(std::move(path)) {}

    /// The ranges, if the file has changed. Throws std::runtime_error or std::invalid_argument if it cannot be read or
    /// has a mistake; further calls return nothing until it has changed again. Called on one thread at a time.
    std::optional<std::vector<IpRange>> read_if_changed();

    const std::string& path() const noexcept { return path_; }

private:
    /// The system's data about a file: while they are the same, it is not read again.
    using Stamp = std::array<std::int64_t, 5>;

    struct Content {
        std::string text;
        Stamp stamp{};
        bool is_settled = false;  // unchanged for a while, so its stamp will show the next change
    };
    Content read() const;

    std::string path_;
    Stamp stamp_{};
    bool is_settled_ = false;
    std::optional<std::size_t> hash_;  // of the last text
    std::string problem_;              // the last reported one; empty: none
};

}  // namespace ferrotunnel::plugins
