// Makes foreign text safe to show on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::cli {

/// `text` as one line: control characters (C1 too), invisible characters, those that change the direction of a line,
/// and bytes that are not UTF-8 are written as \xNN.
std::string printable(std::string_view text);
/// Like printable(), for a text with several lines: it keeps its line ends, CR LF as LF, and its tabs.
std::string printable_lines(std::string_view text);
/// Prints `line` as printable text, to standard output.
void print_line(std::string_view line);

}  // namespace ferrotunnel::cli
