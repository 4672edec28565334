#include "printable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "ferrotunnel/detail/shown_text.hpp"

namespace ferrotunnel::cli {

std::string printable(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const bool is_shown = detail::shown_length(text) != 0;
        const std::size_t length = std::max<std::size_t>(detail::front_character(text).length, 1);
        for (const char c : text.substr(0, length)) {
            shown += is_shown ? std::string(1, c) : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        }
        text.remove_prefix(length);
    }
    return shown;
}

void print_line(std::string_view line) {
    fmt::print("{}\n", printable(line));
}

}  // namespace ferrotunnel::cli
