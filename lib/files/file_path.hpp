// The path of a request, as the path of a file below a folder. It is decoded once. Paths that other programs could read
// as another file are rejected here: dots, empty segments, encoded slashes, backslashes and control characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::files {

struct FilePath {
    std::string text;        // "css/site.css", without a slash at either end; empty: the folder itself
    bool is_folder = false;  // the request's path ended with a slash
};

/// Whether a visitor may request a file or folder of this name, and a listing shows it. Names that start with a dot are
/// hidden, except `.well-known` (RFC 8615).
bool is_shown_name(std::string_view name) noexcept;

/// Parses the path of an origin-form target, without the query. Empty if it cannot name a file.
std::optional<FilePath> read_file_path(std::string_view path);

}  // namespace ferrotunnel::files
