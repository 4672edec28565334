// Text that comes from a peer or goes to one: UTF-8, checked strictly and safe to print. Also how messages quote text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ferrotunnel {

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// True when `text` is UTF-8 without control characters (U+0000-U+001F, U+007F-U+009F), which could forge lines of a
/// log or drive a terminal.
bool is_printable(std::string_view text) noexcept;

/// Makes `text` safe to send: at most `bytes_max` bytes, cut between characters, with '?' for each byte that is not
/// allowed.
std::string printable(std::string_view text, std::size_t bytes_max);

// --- values and names within messages ---

/// `text` in double quotes, shortened where it is long: a message is read by people, and a value may come from
/// anywhere. It is cut between two UTF-8 characters, and three dots stand for the rest.
std::string in_quotes(std::string_view text);
/// `text` in backticks, not shortened: for things that are written literally in a file or at the shell.
std::string in_backticks(std::string_view text);

}  // namespace ferrotunnel
