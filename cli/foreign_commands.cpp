#include "foreign_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace ferrotunnel::cli {
namespace {

/// What stands behind `option` in the words, also as `option=`; `otherwise` where it is not there.
std::string value_of(const std::vector<std::string>& words, std::string_view option, std::string_view otherwise) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i] == option && i + 1 < words.size()) {
            return words[i + 1];
        }
        if (words[i].starts_with(option) && words[i].size() > option.size() && words[i][option.size()] == '=') {
            return words[i].substr(option.size() + 1);
        }
    }
    return std::string(otherwise);
}

bool ends_like_a_file(std::string_view word) {
    constexpr std::array<std::string_view, 5> endings{".toml", ".ini", ".yml", ".yaml", ".json"};
    return std::ranges::any_of(endings, [word](std::string_view ending) { return word.ends_with(ending); });
}

std::string about_file(const std::string& name) {
    if (name.ends_with(".yml") || name.ends_with(".yaml") || name.ends_with(".json")) {
        return fmt::format("a configuration file is run by `ferrotunnel run {}`", name);
    }
    return "files of other tunnels are not read; docs/coming-from.md says how their lines are written here";
}

}  // namespace

std::string here_typed(const std::vector<std::string>& words) {
    const std::string& name = words.front();
    if (ends_like_a_file(name)) {
        return about_file(name);
    }
    if (name == "-c" || name == "--config") {
        return words.size() > 1 ? about_file(words[1]) : std::string();
    }
    if (name == "tunnel" || name == "quick") {  // cloudflared
        return fmt::format("here that is `ferrotunnel http {} --server HOST`", value_of(words, "--url", "3000"));
    }
    if (name == "local") {  // bore
        const bool has_port = words.size() > 1 && !words[1].starts_with('-');
        return fmt::format("here that is `ferrotunnel tcp {} --server {}`", has_port ? words[1] : "22",
                           value_of(words, "--to", "HOST"));
    }
    if (name == "start" || name == "service") {  // ngrok, cloudflared
        return "what a file holds is started by `ferrotunnel run FILE`; `ferrotunnel init` writes one to begin with";
    }
    if (name == "authtoken" || name == "add-authtoken") {  // ngrok
        return "a server and its token are kept by `ferrotunnel login`";
    }
    if (name == "visitor") {  // frp
        return "a private service of another client is reached by `ferrotunnel visit NAME`";
    }
    return {};
}

}  // namespace ferrotunnel::cli
