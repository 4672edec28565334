// Lists of numbers and ranges of them, like `6000-6006,6010`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferrotunnel::cli::importing {

struct NumberRange {
    std::uint32_t first = 0;
    std::uint32_t last = 0;

    bool operator==(const NumberRange&) const = default;
};

/// Empty if it is not a list of ports.
std::optional<std::vector<NumberRange>> number_ranges(std::string_view text);

/// Two lists of equally many numbers, cut into ranges that fit each other. Empty if they do not.
std::optional<std::vector<std::pair<NumberRange, NumberRange>>> range_pairs(std::string_view one,
                                                                            std::string_view other);

/// `6000`, or `6000-6006`.
std::string to_text(const NumberRange& range);

}  // namespace ferrotunnel::cli::importing
