// Text of visitors within a line, so that it can neither end the line nor the quotes around it.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::access {

/// Appends `text` as it may stand between quotes: `"` and `\` get a backslash in front, and whatever is not printable
/// ASCII becomes \xHH.
void append_escaped(std::string& line, std::string_view text);

/// Appends `text` as a JSON string, with escapes for all that a reader would not see as it is
/// (ferrotunnel/detail/shown_text.hpp). If it is not UTF-8, its bytes beyond ASCII become U+FFFD.
void append_json(std::string& line, std::string_view text);

}  // namespace ferrotunnel::access
