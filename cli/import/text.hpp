// Small operations on texts.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::cli::importing {

inline constexpr std::string_view blanks = " \t\r\n";

/// The text without blanks at both ends.
inline std::string_view trimmed(std::string_view text) {
    const std::size_t begin = text.find_first_not_of(blanks);
    return begin == std::string_view::npos ? std::string_view()
                                           : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

/// ASCII letters in lower case; all other characters are unchanged.
inline std::string in_lower_case(std::string_view text) {
    std::string lowered(text);
    for (char& c : lowered) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return lowered;
}

}  // namespace ferrotunnel::cli::importing
