// Parses field values that are lists of words.
#pragma once

#include <cstddef>
#include <string_view>

namespace ferrotunnel::plugins {

constexpr char lower(char c) noexcept {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Whether two words are equal, in any case.
constexpr bool is_same_word(std::string_view one, std::string_view other) noexcept {
    if (one.size() != other.size()) {
        return false;
    }
    for (std::size_t i = 0; i < one.size(); ++i) {
        if (lower(one[i]) != lower(other[i])) {
            return false;
        }
    }
    return true;
}

constexpr std::string_view without_blanks(std::string_view text) noexcept {
    const std::size_t first = text.find_first_not_of(" \t");
    return first == std::string_view::npos ? std::string_view()
                                           : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Calls `look` with each element of a list separated by commas, without the whitespace around it.
template <typename Look>
void each_element(std::string_view list, Look look) {
    while (!list.empty()) {
        const std::size_t comma = list.find(',');
        look(without_blanks(list.substr(0, comma)));
        list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    }
}

}  // namespace ferrotunnel::plugins
