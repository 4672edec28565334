// Texts from and for peers: strict UTF-8 validation, and printable forms. Also quoting for messages.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace ferrotunnel {

/// Whether `text` is well-formed UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing beyond U+10FFFF.
bool is_utf8(std::string_view text) noexcept;

/// True if `text` is UTF-8 without control characters (U+0000-U+001F, U+007F-U+009F), which could forge log lines or
/// control a terminal.
bool is_printable(std::string_view text) noexcept;

/// Makes `text` safe to send: at most `bytes_max` bytes, cut between characters, with '?' for each byte that is not
/// allowed.
std::string printable(std::string_view text, std::size_t bytes_max);

// --- values and names within messages ---

/// `text` in double quotes, shortened if it is long, since messages are for people and values may come from anywhere.
/// It is cut between two UTF-8 characters, and three dots replace the rest.
std::string in_quotes(std::string_view text);
/// `text` in backticks, not shortened: for literal text of a file or a shell command.
std::string in_backticks(std::string_view text);

}  // namespace ferrotunnel
