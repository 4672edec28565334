// Command lines of frpc: `frpc tcp -l 22 -r 6000 -s HOST:7000`.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "command_line_parts.hpp"
#include "ferrotunnel/secret.hpp"
#include "mapping.hpp"
#include "source.hpp"

namespace ferrotunnel::cli::importing::command_line {
namespace {

constexpr std::array frpc_rows{
    OptionRow{"--server_addr --server-addr -s"},
    OptionRow{"--server_port --server-port -P"},
    OptionRow{"--user -u"},
    OptionRow{"--token -t", Takes::value, Fate::secret},
    OptionRow{"--proxy_name --proxy-name -n"},
    OptionRow{"--local_ip --local-ip -i"},
    OptionRow{"--local_port --local-port -l"},
    OptionRow{"--remote_port --remote-port -r"},
    OptionRow{"--custom_domain --custom-domain -d"},
    OptionRow{"--sd"},
    OptionRow{"--locations"},
    OptionRow{"--http_user --http-user"},
    OptionRow{"--http_pwd --http-pwd", Takes::value, Fate::secret},
    OptionRow{"--host_header_rewrite --host-header-rewrite"},
    OptionRow{"--sk", Takes::value, Fate::secret},
    OptionRow{"--log_level --log-level"},
    OptionRow{"--bandwidth_limit --bandwidth-limit --bandwidth_limit_mode --bandwidth-limit-mode", Takes::value,
              Fate::lost, "bandwidth is a right of a token",
              "set `service_bytes_per_second` of the token on the server"},
    OptionRow{"--uc", Takes::optional, Fate::lost, "the tunnel does not compress",
              "the plugin `compress` of the server compresses HTTP responses"},
    OptionRow{"--mux", Takes::value, Fate::lost, "there is no tcpmux"},
    OptionRow{"--ue --tls_enable --tls-enable", Takes::optional, Fate::not_needed, "everything is encrypted"},
    OptionRow{"--tls_server_name --tls-server-name", Takes::value, Fate::not_needed,
              "client and server prove the token to each other"},
    OptionRow{"--protocol -p", Takes::value, Fate::not_needed, "clients connect over TCP"},
    OptionRow{"--dns_server --dns-server", Takes::value, Fate::not_needed, "the system resolves names"},
    OptionRow{"--log_file --log-file --log_max_days --log-max-days", Takes::value, Fate::not_needed,
              "the log is written to the standard error stream"},
    OptionRow{"--disable_log_color --disable-log-color", Takes::optional, Fate::not_needed, "the log has no colours"},
};

/// The port that an option has, if it has a valid one; what is not a port is lost.
std::optional<std::string> port_of_option(Words& words, std::string_view option) {
    auto port = words.text(option);
    if (words.has(option) && !port_of(port.value_or(""))) {
        words.lose(option, "the value is not a port from 0 to 65535");
        return std::nullopt;
    }
    return port;
}

void set_frpc_server(Draft& draft, Words& words) {
    const Url url = parse_url(words.text("--server_addr").value_or("127.0.0.1"));
    const std::string usual = url.port.empty() ? "7000" : url.port;
    const std::string port = port_of_option(words, "--server_port").value_or(usual);
    draft.client.set("server", with_port(url.host, port), words.origin("--server_addr"));
    draft.ask(words.origin("--server_addr"),
              fmt::format("a FerroTunnel server has to listen at port {}: frps cannot serve this client", port));
    if (const auto token = words.text("--token")) {
        const Origin origin = words.origin("--token");
        draft.set(Side::client, "token", draft.token(Side::client, "token", *token, origin), origin);
    }
    if (const auto user = words.text("--user")) {
        draft.client.set("name", valid_name(*user), words.origin("--user"));
    }
    set_log_level(draft, words, "--log_level");
}

std::vector<std::string> frpc_hosts(Words& words) {
    std::vector<std::string> hosts = words.texts("--custom_domain");
    if (const auto subdomain = words.text("--sd")) {
        words.lose("--sd", "hosts are written in full",
                   fmt::format("append the `domain` of the server: `http: {}.tunnel.example.com`", *subdomain));
    }
    if (hosts.empty()) {
        hosts.emplace_back("assigned");
    }
    return hosts;
}

void add_frpc_http(Draft& draft, Words& words, bool is_https, const std::string& local, const Origin& origin) {
    const std::string name = valid_name(words.text("--proxy_name").value_or(""));
    const std::vector<std::string> hosts = frpc_hosts(words);
    Node& service = draft.add_service(name, is_https ? "tls" : "http", hosts, local, origin);
    if (is_https) {
        return;
    }
    if (const auto location = words.text("--locations")) {
        service.set("path", *location, words.origin("--locations"));
    }
    if (const auto header = words.text("--host_header_rewrite")) {
        service.set("host_header", *header, words.origin("--host_header_rewrite"));
    }
    const auto user = words.text("--http_user");
    const auto password = words.text("--http_pwd");
    if (words.has("--http_user") || words.has("--http_pwd")) {
        const Given given{&*std::ranges::find(frpc_rows, "--http_pwd --http-pwd", &OptionRow::names), "--http_pwd",
                          user.value_or("") + ":" + password.value_or("")};
        add_passwords(draft, service, {given});
    }
}

void add_frpc_private(Draft& draft, Words& words, const std::string& kind, const std::string& local,
                      const Origin& origin) {
    const std::string name = valid_name(words.text("--proxy_name").value_or(kind));
    Node& service = draft.add_service(name, kind == "sudp" ? "udp" : "tcp", "private", local, origin);
    const std::string key = words.text("--sk").value_or(std::string(::ferrotunnel::Secret::generate().reveal()));
    service.set("key", draft.token(Side::client, name + ".key", key, words.origin("--sk")), words.origin("--sk"));
    if (kind == "xtcp") {
        draft.lose(origin, "xtcp", "clients are not connected directly", "the server forwards the private service");
    }
}

}  // namespace

Draft read_frpc(std::span<const std::string> words) {
    Draft draft;
    constexpr std::array<std::string_view, 7> kinds{"tcp", "udp", "http", "https", "stcp", "sudp", "xtcp"};
    const Origin command = origin_of("frpc", {});
    if (words.empty() || std::ranges::find(kinds, words[0]) == kinds.end()) {
        throw SourceError(command, "its proxies are in a file: `ferrotunnel import frpc.toml`");
    }
    const std::string& kind = words[0];
    Words read(words.subspan(1), {"frpc", frpc_rows, Dashes::names, 0}, draft);
    const auto port = read.text("--local_port");
    if (!port || !number_of(*port, 1, 65535)) {
        throw SourceError(command, "--local_port needs the port of the backend");
    }
    const std::string local = with_port(read.text("--local_ip").value_or("127.0.0.1"), *port);
    const Origin origin = origin_of("frpc " + kind, local);
    set_frpc_server(draft, read);
    add_login_to_fill_in(draft, command);
    if (kind == "tcp" || kind == "udp") {
        const auto remote = port_of_option(read, "--remote_port");
        Node& service = draft.add_service(valid_name(read.text("--proxy_name").value_or("")), kind,
                                          remote.value_or("0"), local, origin);
        if (!remote && read.has("--remote_port")) {
            switch_off_service(draft, service, read.origin("--remote_port"),
                               fmt::format("the public port in `{}`", kind));
        }
    } else if (kind.starts_with("http")) {
        add_frpc_http(draft, read, kind == "https", local, origin);
    } else {
        add_frpc_private(draft, read, kind, local, origin);
    }
    read.lose_rest();
    return draft;
}

}  // namespace ferrotunnel::cli::importing::command_line
