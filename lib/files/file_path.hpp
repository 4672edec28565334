// The path of a request as the way to a file below a folder. It is decoded once. What could mean another file to
// somebody else means none here: dots, empty segments, encoded slashes, backslashes and control characters.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ferrotunnel::files {

struct FilePath {
    std::string text;        // "css/site.css", without a slash at either end; empty: the folder itself
    bool is_folder = false;  // the request's path ended with a slash
};

/// Whether a visitor may ask for a file or folder of this name, and a listing shows it. Names with a dot in front are
/// hidden, but for `.well-known` (RFC 8615).
bool is_shown_name(std::string_view name) noexcept;

/// Reads the path of an origin-form target, without the query. Nothing: no file can be meant.
std::optional<FilePath> read_file_path(std::string_view path);

}  // namespace ferrotunnel::files
