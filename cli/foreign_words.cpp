#include "foreign_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace ferrotunnel::cli {
namespace {

/// The value after `option` in the words, also as `option=`; `otherwise` if it is missing.
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
        return fmt::format("use `ferrotunnel run {}` for a configuration file", name);
    }
    return fmt::format("use `ferrotunnel import {}` to translate a configuration file of another tunnel", name);
}

struct Foreign {
    std::string_view option;
    std::array<std::string_view, 2> here;  // its names here; a command has at most one of them
};

constexpr std::array<std::string_view, 2> as_host{"--host", "--http"};
constexpr std::array<std::string_view, 2> as_port{"--remote-port", "--tcp"};
constexpr std::array<std::string_view, 2> as_token{"--token-file", {}};
constexpr std::array<std::string_view, 2> as_server{"--server", {}};

constexpr std::array foreign_options{
    Foreign{"--url", as_host},
    Foreign{"--domain", as_host},
    Foreign{"--hostname", as_host},
    Foreign{"--subdomain", as_host},
    Foreign{"--sd", as_host},
    Foreign{"--custom-domain", as_host},
    Foreign{"--remote-addr", as_port},
    Foreign{"--port", as_port},
    Foreign{"--remote_port", as_port},
    Foreign{"--authtoken", as_token},
    Foreign{"--secret", as_token},
    Foreign{"--to", as_server},
    Foreign{"--server-addr", as_server},
    Foreign{"--server_addr", as_server},
};

}  // namespace

std::string here_run(const std::string& word) {
    return ends_like_a_file(word) ? about_file(word) : std::string();
}

std::string equivalent_command(const std::vector<std::string>& words) {
    const std::string& name = words.front();
    if (ends_like_a_file(name)) {
        return about_file(name);
    }
    if (name == "-c" || name == "--config") {
        return words.size() > 1 ? about_file(words[1]) : std::string();
    }
    if (name == "tunnel" || name == "quick") {  // cloudflared
        return fmt::format("use `ferrotunnel http {} --server HOST`", value_of(words, "--url", "3000"));
    }
    if (name == "local") {  // bore
        const bool has_port = words.size() > 1 && !words[1].starts_with('-');
        return fmt::format("use `ferrotunnel tcp {} --server {}`", has_port ? words[1] : "22",
                           value_of(words, "--to", "HOST"));
    }
    if (name == "start" || name == "service") {  // ngrok, cloudflared
        return "use `ferrotunnel run FILE` to start what a file declares; `ferrotunnel init` writes a first file";
    }
    if (name == "authtoken" || name == "add-authtoken") {  // ngrok
        return "use `ferrotunnel login` to save a server and its token";
    }
    if (name == "visitor" || name == "access") {  // frp, cloudflared
        return "use `ferrotunnel visit NAME` to reach a private service of another client";
    }
    return {};
}

std::string equivalent_option(std::string_view option, const std::vector<std::string>& known) {
    const auto found = std::ranges::find(foreign_options, option, &Foreign::option);
    if (found == foreign_options.end()) {
        return {};
    }
    for (const std::string_view here : found->here) {
        if (std::ranges::find(known, here) != known.end()) {
            return std::string(here);
        }
    }
    return {};
}

}  // namespace ferrotunnel::cli
