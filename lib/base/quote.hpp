// Values and names within messages.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel {

/// "text", shortened where it is long: a message is read by people, and a value may come from anywhere. What is cut off
/// is cut between two characters of UTF-8, and three dots stand for it.
std::string in_quotes(std::string_view text);
/// `text`, whole: something that is written like this in a file or at the shell.
std::string in_backticks(std::string_view text);

}  // namespace ferrotunnel
