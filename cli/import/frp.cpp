// The reader of frp's files: which are clients, servers and included ones.
#include "frp.hpp"

#include <glob.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "go_template.hpp"
#include "limits.hpp"
#include "mapping.hpp"
#include "readers.hpp"

namespace ferrotunnel::cli::importing {
namespace {

constexpr std::array<std::string_view, 8> client_keys{"serverAddr", "serverPort", "proxies",  "visitors",
                                                      "user",       "start",      "includes", "loginFailExit"};
constexpr std::array<std::string_view, 12> server_keys{
    "bindPort",     "bindAddr",   "vhostHTTPPort", "vhostHTTPSPort", "subDomainHost", "kcpBindPort",
    "quicBindPort", "allowPorts", "proxyBindAddr", "httpPlugins",    "custom404Page", "sshTunnelGateway"};
constexpr std::array<std::string_view, 3> common_keys{"auth", "webServer", "transport"};

bool has_any(const Value& map, const auto& keys) {
    return std::ranges::any_of(keys, [&map](std::string_view key) { return map.find(key) != nullptr; });
}

bool is_proxy(const Value& section) {
    constexpr std::array<std::string_view, 4> keys{"type", "local_port", "remote_port", "plugin"};
    return section.kind == Value::Kind::map && has_any(section, keys);
}

/// All files of a client in modern form: its own, and the included ones.
struct Client {
    std::vector<Source> own;  // at most one
    std::vector<Source> included;
};

std::vector<std::string> matches_of(const std::string& pattern) {
    glob_t found{};
    std::vector<std::string> paths;
    if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
        paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    ::globfree(&found);
    return paths;
}

/// The files that a pattern names: frp begins at its working folder, which mostly is that of the file.
std::vector<std::string> included_by(const std::string& pattern, const std::string& file) {
    const std::filesystem::path beside = std::filesystem::path(file).parent_path() / pattern;
    std::vector<std::string> paths = matches_of(beside.string());
    return paths.empty() ? matches_of(pattern) : paths;
}

Source modern(const Source& source) {
    return source.format == Format::ini ? frp::modern_source(source) : source;
}

void include(Client& client, Draft& draft) {
    Keys keys(client.own.front(), client.own.front().root);
    for (const std::string& pattern : keys.texts("includes")) {
        const std::vector<std::string> paths = included_by(pattern, client.own.front().file);
        if (paths.empty()) {
            draft.lose(keys.origin("includes"), "includes", "no file matches " + pattern,
                       "import in the folder in which frpc runs");
        }
        for (const std::string& path : paths) {
            const bool is_given = std::ranges::find(client.included, path, &Source::file) != client.included.end();
            if (!is_given && client.included.size() == included_max) {
                throw SourceError(keys.origin("includes"), "more than 256 files are included");
            }
            if (!is_given) {
                client.included.push_back(modern(load_source(path)));
            }
        }
    }
}

/// Why there is one of each: a client here has one server, one token and one state, as its file has, and both clients
/// mostly run on machines of their own. Which of them, nobody could tell from the files.
std::string second_of(bool is_client, const std::string& first) {
    return std::string("is a second ") + (is_client ? "client" : "server") + ", besides " + first +
           (is_client ? ", and a file of this program has one client: import each by itself, with another folder as "
                        "--output in which the file `token` of the first import is"
                      : ": import each by itself, with another --output");
}

void check_templates(const Source& source) {
    if (!source.templates.empty()) {
        throw SourceError(source.file, source.templates.front(), unknown_template);
    }
}

void ask_about_ports(const frp::Reading& reading) {
    const Node* const services = reading.draft.client.find("services");
    if (services == nullptr || reading.has_server) {
        return;
    }
    for (const Node& service : services->children()) {
        for (const std::string_view kind : {"tcp", "udp"}) {
            const Node* const port = service.find(kind);
            if (port != nullptr && port->scalar() != "private" && port->origin()) {
                reading.draft.ask(*port->origin(),
                                  "public ports listen where `tcp_bind` of the server says (by default on all "
                                  "addresses), which is `proxyBindAddr` in frps.toml: compare them");
                return;
            }
        }
    }
}

}  // namespace

bool looks_like_frp(const Source& source) {
    if (source.format == Format::ini) {
        return source.root.find("common") != nullptr ||
               std::ranges::any_of(source.root.members,
                                   [](const Value::Member& each) { return is_proxy(each.second); });
    }
    const bool is_other = source.root.find("tunnel") != nullptr || source.root.find("agent") != nullptr ||
                          source.root.find("tunnels") != nullptr || source.root.find("endpoints") != nullptr;
    return !is_other && (has_any(source.root, client_keys) || has_any(source.root, server_keys) ||
                         has_any(source.root, common_keys));
}

Draft read_frp(std::span<const Source> sources) {
    Draft draft;
    frp::Reading reading{draft};
    std::vector<Source> servers;
    Client client;
    for (const Source& source : sources) {
        check_templates(source);
        Source read = modern(source);
        const bool is_client = has_any(read.root, client_keys);
        const bool is_included = is_client && read.root.find("serverAddr") == nullptr &&
                                 read.root.find("auth") == nullptr && sources.size() > 1;
        std::vector<Source>& files = !is_client ? servers : is_included ? client.included : client.own;
        if (!is_included && !files.empty()) {
            throw SourceError(source.file, 0, second_of(is_client, files.front().file));
        }
        files.push_back(std::move(read));
    }
    if (client.own.empty() && !client.included.empty()) {
        client.own.push_back(std::move(client.included.front()));
        client.included.erase(client.included.begin());
    }
    reading.has_server = !servers.empty();
    for (const Source& server : servers) {
        frp::read_server(server, reading);
    }
    if (!client.own.empty()) {
        include(client, draft);
        frp::read_client(client.own.front(), reading);
    }
    for (const Source& included : client.included) {
        check_templates(included);
        frp::read_included(included, reading);
    }
    ask_about_ports(reading);
    return draft;
}

}  // namespace ferrotunnel::cli::importing
