// Texts of man pages, in the macros of man(7).
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::cli::roff {

/// One line of input, or a part of one, that roff prints as it is.
std::string escaped(std::string_view text);
/// Text in bold or, for what a user replaces, in italics.
std::string bold(std::string_view text);
std::string italic(std::string_view text);
/// Sentences, in lines of input of at most 78 bytes; what is in backquotes is bold.
std::string paragraph(std::string_view text);
/// Lines that are not filled.
std::string as_typed(std::string_view lines);

}  // namespace ferrotunnel::cli::roff
