#include "base/quote.hpp"

#include <algorithm>

namespace ferrotunnel {
namespace {

constexpr std::size_t quoted_length_max = 60;

bool is_within_character(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

std::string in_quotes(std::string_view text) {
    std::size_t length = std::min(text.size(), quoted_length_max);
    while (length < text.size() && length > 0 && is_within_character(text[length])) {
        --length;
    }
    return '"' + std::string(text.substr(0, length)) + (length < text.size() ? "...\"" : "\"");
}

std::string in_backticks(std::string_view text) {
    return '`' + std::string(text) + '`';
}

}  // namespace ferrotunnel
