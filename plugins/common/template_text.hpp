// Parses texts with placeholders in double braces: "{{visitor}} as {{note.auth.subject}}".
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string_view>

namespace ferrotunnel::plugins {

/// Calls `on_text(text)` for the text between placeholders, and `on_name(name)` for each placeholder, in order. Throws
/// std::invalid_argument, in words that follow the setting's name, and what `on_name` throws.
template <typename OnText, typename OnName>
void split_template(std::string_view text, OnText on_text, OnName on_name) {
    constexpr std::string_view open = "{{";
    constexpr std::string_view close = "}}";
    while (!text.empty()) {
        const std::size_t begin = text.find(open);
        if (begin != 0) {
            on_text(text.substr(0, begin));
        }
        if (begin == std::string_view::npos) {
            return;
        }
        text.remove_prefix(begin + open.size());
        const std::size_t end = text.find(close);
        if (end == std::string_view::npos) {
            throw std::invalid_argument("has a {{ that is not closed");
        }
        on_name(text.substr(0, end));
        text.remove_prefix(end + close.size());
    }
}

}  // namespace ferrotunnel::plugins
