#include "sources.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

namespace check {

bool Source::is_under(std::string_view folder) const {
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

bool Source::is_under_any(const Folders& folders) const {
    return std::any_of(folders.begin(), folders.end(), [this](std::string_view folder) { return is_under(folder); });
}

std::vector<Source> sources_under(const std::filesystem::path& root, const Folders& folders) {
    std::vector<Source> found;
    for (std::string_view folder : folders) {
        if (!std::filesystem::is_directory(root / folder)) {
            continue;
        }
        for (const auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
            const auto suffix = entry.path().extension();
            if ((suffix == ".cpp" || suffix == ".hpp") && entry.is_regular_file()) {
                found.push_back({entry.path().lexically_relative(root).generic_string(), read_text(entry.path())});
            }
        }
    }
    std::sort(found.begin(), found.end(), [](const Source& a, const Source& b) { return a.path < b.path; });
    return found;
}

std::string read_text(const std::filesystem::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

namespace {

void skip_blanks(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

bool skip(std::string_view& text, std::string_view word) {
    skip_blanks(text);
    if (!text.starts_with(word)) {
        return false;
    }
    text.remove_prefix(word.size());
    return true;
}

}  // namespace

std::vector<Include> includes_of(std::string_view text) {
    std::vector<Include> includes;
    int number = 0;
    for (std::string_view line : lines_of(text)) {
        ++number;
        if (!skip(line, "#") || !skip(line, "include")) {
            continue;
        }
        const bool has_angles = skip(line, "<");
        if (has_angles || skip(line, "\"")) {
            includes.push_back({number, std::string(line.substr(0, line.find(has_angles ? '>' : '"'))), has_angles});
        }
    }
    return includes;
}

std::string_view first_folder(std::string_view path) {
    return path.substr(0, path.find('/'));
}

}  // namespace check
