#include "files/file_path.hpp"

#include <cstddef>

#include "base/hex.hpp"
#include "base/text.hpp"
#include "files/limits.hpp"

namespace ferrotunnel::files {
namespace {

constexpr std::string_view upper_hex_digits = "0123456789ABCDEF";

// Decodes one segment. Nothing: a '%' has no two hexadecimal digits behind it.
std::optional<std::string> decoded(std::string_view segment) {
    std::string text;
    for (std::size_t i = 0; i < segment.size(); ++i) {
        if (segment[i] != '%') {
            text += segment[i];
            continue;
        }
        const int byte = percent_byte(segment, i);
        if (byte < 0) {
            return std::nullopt;
        }
        text += static_cast<char>(byte);
        i += 2;
    }
    return text;
}

bool is_plain(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

}  // namespace

bool is_shown_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= limits::files_name_max && (name.front() != '.' || name == ".well-known") &&
           name.find_first_of("/\\") == std::string_view::npos && is_printable(name);
}

std::optional<FilePath> read_file_path(std::string_view path) {
    if (!path.starts_with('/')) {
        return std::nullopt;
    }
    FilePath read;
    path.remove_prefix(1);
    read.is_folder = path.empty() || path.ends_with('/');
    if (read.is_folder && !path.empty()) {
        path.remove_suffix(1);
        if (path.empty()) {
            return std::nullopt;  // "//"
        }
    }
    for (std::size_t segments = 0; !path.empty(); ++segments) {
        const std::size_t slash = path.find('/');
        const std::optional<std::string> name = decoded(path.substr(0, slash));
        const bool ends_with_slash = slash + 1 == path.size();
        if (segments == limits::files_path_segments_max || !name || !is_shown_name(*name) || ends_with_slash) {
            return std::nullopt;
        }
        read.text += (read.text.empty() ? "" : "/") + *name;
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return read;
}

std::string written_segment(std::string_view name) {
    std::string text;
    for (const char c : name) {
        if (is_plain(c)) {
            text += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        text += '%';
        text += upper_hex_digits[byte >> 4];
        text += upper_hex_digits[byte & 15];
    }
    return text;
}

}  // namespace ferrotunnel::files
