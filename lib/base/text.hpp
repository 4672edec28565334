// Text that comes from a peer or goes to one, UTF-8, checked strictly and safe to print; and how messages quote.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ferrotunnel {

/// Well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// True when `text`, which is UTF-8, has no control characters (U+0000-U+001F, U+007F-U+009F). What has some could
/// forge lines of a log or drive a terminal.
bool is_printable(std::string_view text) noexcept;

/// `text` as it may be sent: at most `bytes_max` bytes, cut between characters, '?' for each byte that is not allowed.
std::string printable(std::string_view text, std::size_t bytes_max);

// --- values and names within messages ---

/// "text", shortened where it is long: a message is read by people, and a value may come from anywhere. What is cut off
/// is cut between two characters of UTF-8, and three dots stand for it.
std::string in_quotes(std::string_view text);
/// `text`, whole: something that is written like this in a file or at the shell.
std::string in_backticks(std::string_view text);

}  // namespace ferrotunnel
