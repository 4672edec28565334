// Words of commands for a POSIX shell. Internal.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::detail {

/// Returns the text in single quotes: one word of a command, whatever it contains.
inline std::string in_shell_quotes(std::string_view text) {
    std::string quoted = "'";
    for (const char c : text) {
        quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
    }
    return quoted + '\'';
}

}  // namespace ferrotunnel::detail
