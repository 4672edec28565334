// An error in an expression with its offset, for the steps of compiling.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/text.hpp"

namespace ferrotunnel::expression {

struct Mistake {
    std::size_t offset;  // in bytes, from the beginning of the source
    std::string text;
};

/// A piece of the source for a message: printable, and shortened if it is long.
inline std::string in_message(std::string_view piece) {
    constexpr std::size_t shown_max = 60;
    return in_backticks(printable(piece, shown_max) + (piece.size() > shown_max ? "..." : ""));
}

}  // namespace ferrotunnel::expression
