// Escapes visitors' text, so that it can end neither the line nor the quotes around it.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::access {

/// Appends `text` as it may appear between quotes: `"` and `\` get a backslash in front, and everything but printable
/// ASCII becomes \xHH.
void append_escaped(std::string& line, std::string_view text);

/// Appends `text` as a JSON string, with escapes for characters that a reader would not see literally
/// (ferrotunnel/detail/shown_text.hpp). If it is not UTF-8, its bytes beyond ASCII become U+FFFD.
void append_json(std::string& line, std::string_view text);

}  // namespace ferrotunnel::access
