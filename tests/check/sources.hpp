// The tree's C++ files, and what one of them includes.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace check {

using Findings = std::vector<std::string>;  // "file:line: what is wrong; what to do instead"
using Folders = std::vector<std::string_view>;

struct Source {
    std::string path;  // below the root, with slashes
    std::string text;

    bool is_under(std::string_view folder) const;
    bool is_under_any(const Folders& folders) const;
    bool is_header() const { return path.ends_with(".hpp"); }
    std::string at(int line) const { return path + ":" + std::to_string(line) + ": "; }
};

// The C++ files below these folders, sorted by path. A folder that does not exist has none.
std::vector<Source> sources_under(const std::filesystem::path& root, const Folders& folders);

// The text of a file; empty where there is no such file.
std::string read_text(const std::filesystem::path& file);

std::vector<std::string_view> lines_of(std::string_view text);

struct Include {
    int line;
    std::string name;
    bool has_angles;
};
std::vector<Include> includes_of(std::string_view text);

// The first folder of a path: "asio" for "asio/ip/tcp.hpp", all of it where there is no slash.
std::string_view first_folder(std::string_view path);

}  // namespace check
