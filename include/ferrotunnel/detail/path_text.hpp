// A path where a token should be: one rule for the library and the program.
#pragma once

#include <string>
#include <string_view>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// The text begins as paths do, or `file`, which is what it means as one, is a file. Whoever forgot to say that the
/// token stands in a file would have its path for a token, on both sides.
FERROTUNNEL_EXPORT bool looks_like_path(std::string_view text, const std::string& file);

}  // namespace ferrotunnel::detail
