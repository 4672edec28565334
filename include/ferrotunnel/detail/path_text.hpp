// Recognizes a path in place of a token: one rule for the library and the program.
#pragma once

#include <string>
#include <string_view>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// True if `text` begins like a path, or if `file`, which is `text` resolved as a path, exists. Otherwise the path of a
/// token file, given by mistake, would itself become the token on both sides.
FERROTUNNEL_EXPORT bool looks_like_path(std::string_view text, const std::string& file);

}  // namespace ferrotunnel::detail
