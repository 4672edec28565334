// A file of addresses and networks, one a line, that is read again when it has changed.
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

/// How many ranges a list may have, of the settings and a file together: a worker finds one of them in 17 steps.
constexpr std::size_t ranges_max = 100'000;
/// What a file may have: 80 bytes for each range, its comment included.
constexpr std::size_t range_file_bytes_max = 8'000'000;

/// Reads addresses and networks, one a line, with blanks around them; what follows a # is a comment. Throws
/// std::invalid_argument with `name`, the line's number and what is wrong.
std::vector<IpRange> parse_ranges(std::string_view text, const std::string& name);

class RangeFile {
public:
    explicit RangeFile(std::string path) : path_(std::move(path)) {}

    /// The ranges, if the file is another one than before. Throws std::runtime_error or std::invalid_argument when it
    /// cannot be read or has a mistake; then nothing is said again until it has changed again. One thread at a
    /// time.
    std::optional<std::vector<IpRange>> read_if_changed();

    const std::string& path() const noexcept { return path_; }

private:
    /// What the system says of a file: when this is the same, it is not read again.
    using Stamp = std::array<std::int64_t, 5>;

    struct Content {
        std::string text;
        Stamp stamp{};
        bool is_settled = false;  // it has not changed for a while, so its stamp tells of the next change
    };
    Content read() const;

    std::string path_;
    Stamp stamp_{};
    bool is_settled_ = false;
    std::optional<std::size_t> hash_;  // of the text that was read last
    std::string problem_;              // the one that was told last; empty: none
};

}  // namespace ferrotunnel::plugins
