// Format of a log line after its time and level. Foreign text cannot break the line or the terminal.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "observe/console_log.hpp"

namespace ferrotunnel::observe {

/// Formats a line such as `visitor refused  service=web code=busy text="no room"`: values are quoted if they hold more
/// than plain characters, and control characters are escaped.
std::string text_line(std::string_view message, std::span<const LogPair> fields);

/// Formats the rest of a JSON object whose first members were written: `,"msg":"...","service":"web"}`. Bytes that are
/// not UTF-8 become U+FFFD. A field called "ts", "level" or "msg" gets a trailing underscore.
std::string json_rest(std::string_view message, std::span<const LogPair> fields);

}  // namespace ferrotunnel::observe
