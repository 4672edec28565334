// Recognises a path where a token should be: one rule for the library and the program.
#pragma once

#include <string>
#include <string_view>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel::detail {

/// True when `text` begins as paths do, or when `file`, which is what `text` means as a path, is a file. Otherwise a
/// user who forgot to say that the token is in a file would have its path for a token, on both sides.
FERROTUNNEL_EXPORT bool looks_like_path(std::string_view text, const std::string& file);

}  // namespace ferrotunnel::detail
