#include "files/file_path.hpp"

#include <cstddef>

#include "base/percent.hpp"
#include "base/text.hpp"
#include "files/limits.hpp"

namespace ferrotunnel::files {
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
        const std::optional<std::string> name = percent_decoded_strictly(path.substr(0, slash));
        const bool ends_with_slash = slash + 1 == path.size();
        if (segments == limits::files_path_segments_max || !name || !is_shown_name(*name) || ends_with_slash) {
            return std::nullopt;
        }
        read.text += (read.text.empty() ? "" : "/") + *name;
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return read;
}

}  // namespace ferrotunnel::files
