#include <algorithm>
#include <map>
#include <set>

#include "checks.hpp"

namespace check {

namespace {

// The name by which others include it: the path without lib/ or include/.
std::string include_name(const Source& header) {
    return header.path.substr(header.path.find('/') + 1);
}

bool is_of_asio(const Include& include) {
    return include.name.starts_with("asio/") || include.name == "asio.hpp" ||
           include.name.find("asio_version") != std::string::npos;
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

    std::vector<std::string> paths;
    for (const Source& header : all) {
        if (slow.contains(include_name(header)) == reach_asio) {
            paths.push_back(header.path);
        }
    }
    return paths;
}

}  // namespace check
