#include <algorithm>
#include <map>
#include <set>

#include "checks.hpp"

namespace check {

namespace {

// The name by which other files include a header: its path without lib/ or include/.
std::string include_name(const Source& header) {
    return header.path.substr(header.path.find('/') + 1);
}

bool is_of_asio(const Include& include) {
    return include.name.starts_with("asio/") || include.name == "asio.hpp" ||
           include.name.find("asio_version") != std::string::npos;
}

// The headers, by include name, that some source file includes before anything else. Where that file is compiled by
// itself, as `alone` does, such a header compiles alone; but a missing include guard would not show there.
std::set<std::string> proved_by_sources(const std::filesystem::path& root) {
    std::set<std::string> proved;
    for (const Source& source : sources_under(root, {"lib"})) {
        if (const auto included = includes_of(source.text); !source.is_header() && !included.empty()) {
            proved.insert(included.front().name);
        }
    }
    return proved;
}

bool has_guard(const Source& header) {
    const auto lines = lines_of(header.text);
    return std::find(lines.begin(), lines.end(), "#pragma once") != lines.end();
}

}  // namespace

std::vector<std::string> headers(const std::filesystem::path& root, bool reach_asio) {
    std::map<std::string, std::vector<Include>> includes;  // by include name
    std::vector<Source> all = sources_under(root, {"lib", "include"});
    std::erase_if(all, [](const Source& source) { return !source.is_header(); });
    for (const Source& header : all) {
        includes[include_name(header)] = includes_of(header.text);
    }

    std::set<std::string> slow;
    for (std::size_t known = slow.size() + 1; known != slow.size();) {
        known = slow.size();
        for (const auto& [name, included] : includes) {
            if (std::any_of(included.begin(), included.end(), [&slow](const Include& include) {
                    return is_of_asio(include) || slow.contains(include.name);
                })) {
                slow.insert(name);
            }
        }
    }

    const std::set<std::string> proved = proved_by_sources(root);
    std::vector<std::string> paths;
    for (const Source& header : all) {
        const std::string name = include_name(header);
        if (slow.contains(name) == reach_asio && !(proved.contains(name) && has_guard(header))) {
            paths.push_back(header.path);
        }
    }
    return paths;
}

}  // namespace check
