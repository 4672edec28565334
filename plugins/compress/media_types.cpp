#include "compress/media_types.hpp"

#include <algorithm>

#include "compress/field_text.hpp"

namespace ferrotunnel::plugins {
namespace {

bool fits(std::string_view type, std::string_view pattern) noexcept {
    const std::size_t star = pattern.find('*');
    if (star == std::string_view::npos) {
        return is_same_word(type, pattern);
    }
    const std::string_view front = pattern.substr(0, star);
    const std::string_view back = pattern.substr(star + 1);
    return type.size() > front.size() + back.size() && is_same_word(type.substr(0, front.size()), front) &&
           is_same_word(type.substr(type.size() - back.size()), back);
}

bool is_word(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        const char low = lower(c);
        return (low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') ||
               std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
    });
}

}  // namespace

std::string_view essence_of(std::string_view content_type) noexcept {
    return without_blanks(content_type.substr(0, content_type.find(';')));
}

bool MediaTypes::has(std::string_view content_type) const noexcept {
    const std::string_view type = essence_of(content_type);
    return std::any_of(patterns_.begin(), patterns_.end(),
                       [type](const std::string& pattern) { return fits(type, pattern); });
}

bool MediaTypes::is_pattern(std::string_view text) noexcept {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos || !is_word(text.substr(0, slash))) {
        return false;
    }
    std::string_view rest = text.substr(slash + 1);
    if (rest.starts_with('*')) {
        rest.remove_prefix(1);
        return rest.empty() || (rest.starts_with('+') && is_word(rest.substr(1)));
    }
    return is_word(rest);
}

}  // namespace ferrotunnel::plugins
