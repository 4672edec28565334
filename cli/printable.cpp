#include "printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "ferrotunnel/detail/shown_text.hpp"

namespace ferrotunnel::cli {

namespace {

// The number of leading bytes that are written unchanged.
using Shown = std::size_t (*)(std::string_view text);

std::size_t shown_in_lines(std::string_view text) noexcept {
    return text.front() == '\n' || text.front() == '\t' ? 1 : detail::shown_length(text);
}

std::string escaped(std::string_view text, Shown shown_length) {
    std::string shown;
    while (!text.empty()) {
        const bool is_shown = shown_length(text) != 0;
        const std::size_t length = std::max<std::size_t>(detail::front_character(text).length, 1);
        for (const char c : text.substr(0, length)) {
            shown += is_shown ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
        text.remove_prefix(length);
    }
    return shown;
}

}  // namespace

std::string printable(std::string_view text) {
    return escaped(text, detail::shown_length);
}

std::string printable_lines(std::string_view text) {
    std::string lines;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find("\r\n", at), text.size());
        lines += escaped(text.substr(at, end - at), shown_in_lines);
        lines += end < text.size() ? "\n" : "";
        at = end + 2;
    }
    return lines;
}

void print_line(std::string_view line) {
    fmt::print("{}\n", printable(line));
}

}  // namespace ferrotunnel::cli
