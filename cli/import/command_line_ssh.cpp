// Command lines of ssh and autossh: `ssh -N -R 2222:localhost:22 user@host`.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "command_line_parts.hpp"
#include "limits.hpp"
#include "mapping.hpp"
#include "source.hpp"
#include "ssh_forward.hpp"
#include "ssh_settings.hpp"

namespace ferrotunnel::cli::importing::command_line {
namespace {

constexpr std::array ssh_rows{
    OptionRow{"-R"},
    OptionRow{"-L"},
    OptionRow{"-D"},
    OptionRow{"-o"},
    OptionRow{"-f", Takes::nothing},
    OptionRow{"-J", Takes::value, Fate::lost, "the server is not reached through a jump host",
              "open a proxy with `ssh -D`, and name it in `proxy`: socks5://127.0.0.1:1080"},
    OptionRow{"-C", Takes::nothing, Fate::lost, "the tunnel does not compress",
              "the plugin `compress` of the server compresses HTTP responses"},
    OptionRow{"-W", Takes::value, Fate::lost, "standard input is not forwarded", "use `connect_bind` of the server"},
    OptionRow{"-w", Takes::value, Fate::lost, "there are no network devices"},
    OptionRow{"-b", Takes::value, Fate::lost, "the system chooses the source address"},
    OptionRow{"-B", Takes::value, Fate::lost, "the system chooses the interface"},
    // About the login, the terminal and the log.
    OptionRow{"-p", Takes::value, Fate::not_needed, "that is the port of sshd; this server listens on port 7835"},
    OptionRow{"-l -i -I -F", Takes::value, Fate::not_needed, "clients log in with a token"},
    OptionRow{"-S -O -c -m -e -E", Takes::value, Fate::not_needed, "it concerns ssh itself"},
    OptionRow{"-M -N -T -n -q -v -4 -6 -A -a -g -G -k -K -s -t -V -X -x -Y -y", Takes::nothing, Fate::not_needed,
              "it concerns ssh itself"},
};

// Services that speak ssh and serve HTTP.
constexpr std::array<std::string_view, 7> hosted{"localhost.run", "serveo.net", "tuns.sh",        "ssi.sh",
                                                 "srv.us",        "pinggy.io",  "ngrok-agent.com"};

bool is_hosted(std::string_view server) {
    return std::ranges::any_of(hosted, [server](std::string_view name) {
        return server == name || (server.ends_with(name) && server[server.size() - name.size() - 1] == '.');
    });
}

bool is_every_address(const std::string& bind) {
    return bind.empty() || bind == "*" || bind == "0.0.0.0" || bind == "::";
}

std::string in_quotes_if_ipv6(const std::string& address) {
    return is_ipv6_address(address) ? fmt::format("\"{}\"", address) : address;
}

struct Remote {
    std::string server;
    bool is_hosted = false;
};

std::string ssh_backend(const SshForward& forward) {
    if (!forward.socket.empty()) {
        return "unix:" + forward.socket;
    }
    return with_port(forward.host, forward.host_port);
}

// A name in front of port 80 or 443 is a host for servers such as sish; those that are hosted serve HTTP in any case.
bool is_web(const SshForward& forward, const Remote& remote) {
    const bool is_web_port = forward.port == "80" || forward.port == "443";
    const bool names_host = forward.bind && !is_every_address(*forward.bind) && !is_ip_address(*forward.bind) &&
                            *forward.bind != "localhost";
    return (is_web_port && names_host) ||
           (remote.is_hosted && (is_web_port || forward.port == "0" || forward.port == "1"));
}

void add_web(Draft& draft, const SshForward& forward, const Remote& remote, const Origin& origin) {
    const std::string name = forward.bind.value_or("");
    const bool is_named = !name.empty() && !is_every_address(name) && name != "localhost";
    std::string host = "assigned";
    if (is_named && name.find('.') != std::string::npos) {
        host = name;
    } else if (is_named && !remote.is_hosted) {
        host = name + "." + remote.server;
    } else if (is_named) {
        draft.lose(origin, name, fmt::format("the name was below the domain of {}", remote.server),
                   fmt::format("write a host of your own, like `http: {}.tunnel.example.com`", name));
    }
    draft.add_service("", "http", host, ssh_backend(forward), origin);
    draft.ask(origin, host == "assigned" ? std::string("the server assigns a host, below the `domain` in its file")
                                         : fmt::format("point the DNS entry of {} to your server", host));
}

// What to do if the port was public, which the command does not say: `GatewayPorts` is in the server's sshd_config.
std::string if_it_was_public(const SshForward& forward) {
    if (!forward.bind) {
        return "if that is `yes`, remove `bind` to make the port public";
    }
    if (is_every_address(*forward.bind)) {
        return "if that is `clientspecified` or `yes`, remove `bind` to make the port public";
    }
    return fmt::format(
        "if that is `clientspecified`, write `bind: {}`, to which the token needs a right: `bind` of "
        "`token` in the server's file",
        in_quotes_if_ipv6(*forward.bind));
}

// The address at which the port listens. sshd uses its loopback address whatever the command asks for, unless
// GatewayPorts is on there, which is not its default: so no port becomes public that perhaps was not.
void set_bind(Draft& draft, Node& service, const SshForward& forward, const Origin& origin) {
    const std::string wanted = forward.bind.value_or("localhost");
    const bool is_loopback = wanted == "localhost" || wanted.starts_with("127.") || wanted == "::1";
    const bool is_address = is_ip_address(wanted);
    service.set("bind", is_loopback && is_address ? wanted : std::string("127.0.0.1"), origin);
    if (forward.bind && is_loopback) {
        return;
    }
    if (forward.bind && !is_address && !is_every_address(wanted)) {
        draft.lose(origin, wanted, "a port listens at an IP address of the server, not at a name",
                   "write the address in `bind`");
        return;
    }
    draft.ask(origin, fmt::format("port {} can only be reached on the server itself, as with `GatewayPorts no`, the "
                                  "default of sshd; {}",
                                  forward.port, if_it_was_public(forward)));
}

void add_remote(Draft& draft, const std::string& text, const Remote& remote, const Origin& origin) {
    const auto forward = parse_ssh_forward(text);
    if (!forward) {
        throw SourceError(origin, "is not a forwarding, like 2222:localhost:22");
    }
    if (!forward->listen_socket.empty()) {
        draft.lose(origin, forward->listen_socket, "the server does not listen at unix sockets",
                   "use `tcp: private` and `connect_bind`, or a port with `bind: 127.0.0.1`");
        return;
    }
    if (is_web(*forward, remote)) {
        add_web(draft, *forward, remote, origin);
        return;
    }
    Node& service =
        draft.add_service("", "tcp", forward->port, forward->is_dynamic() ? "exit" : ssh_backend(*forward), origin);
    if (forward->is_dynamic()) {
        service.at("allow").add("*", origin);
        draft.lose(origin, "destinations",
                   "the destinations of an exit are listed; `*` allows names at public addresses only",
                   "list what visitors may reach in this network in `allow`, like 10.0.0.0/8:443");
    }
    set_bind(draft, service, *forward, origin);
    if (const auto port = number_of(forward->port, 1, 1023)) {
        draft.ask(origin, fmt::format("`allow_ports` in the server's file has to contain {}", *port));
    }
}

// What goes the other way, from this machine to one near the server.
void lose_local(Draft& draft, const Given& given, const std::string& text) {
    const auto forward = parse_ssh_forward(text);
    const Origin origin{given.name, 0, text};
    if (!forward || forward->is_dynamic()) {
        draft.lose(origin, text, "the proxy runs at the client near the destinations",
                   "run `ferrotunnel exit --allow DESTINATION` there: docs/exit.md");
        return;
    }
    draft.lose(
        origin, text, "the service is offered by a client near it",
        fmt::format("run `ferrotunnel client --private NAME={} --key-file key` there, and `ferrotunnel visit NAME "
                    "--local {} --key-file key` here",
                    ssh_backend(*forward), forward->port.empty() ? "PORT" : forward->port));
}

Remote remote_of(Draft& draft, Words& words) {
    if (words.operands().empty()) {
        throw SourceError(origin_of("ssh", {}), "the command has no destination");
    }
    const std::string& word = words.operands().front();
    Remote remote{parse_url(word).host, false};
    remote.is_hosted = is_hosted(remote.server);
    const Origin origin = origin_of("ssh", word);
    if (remote.is_hosted) {
        draft.ask(origin,
                  fmt::format("{} serves ssh only: run `ferrotunnel server` on a machine of your own", remote.server));
        return remote;
    }
    draft.client.set("server", in_brackets(remote.server), origin);
    if (remote.server.find('.') == std::string::npos && !is_ip_address(remote.server)) {
        draft.ask(origin,
                  fmt::format("if {} is an alias in ~/.ssh/config, write its HostName in `server`", remote.server));
    }
    return remote;
}

void lose_remote_command(Draft& draft, const Words& words, const Remote& remote) {
    constexpr std::array<std::string_view, 4> pauses{"sleep", "cat", "tail", "true"};
    const bool has_command = words.operands().size() > 1;
    if (has_command && !remote.is_hosted && std::ranges::find(pauses, words.operands()[1]) == pauses.end()) {
        draft.lose(origin_of("ssh", words.operands()[1]), "the command", "no command is run on the server");
    }
}

}  // namespace

Draft read_ssh(std::span<const std::string> words, std::string_view program) {
    std::vector<OptionRow> rows;
    if (program == "autossh") {
        rows.push_back({"-M", Takes::value, Fate::not_needed,
                        "a lost connection is noticed without a port for that"});  // its port for probes
    }
    rows.insert(rows.end(), ssh_rows.begin(), ssh_rows.end());
    Draft draft;
    Words read(words, {program, rows, Dashes::letters, command_words_max}, draft);
    const Remote remote = remote_of(draft, read);
    add_login_to_fill_in(draft, origin_of(program, {}));
    SshSettings settings;
    for (const Given& each : read.all("-R -L -D -o")) {
        const SshOption option =
            each.row->names == "-o" ? parse_ssh_option(each.value) : SshOption{each.name, each.value};
        if (option.name == "-R" || option.name == "remoteforward") {
            add_remote(draft, option.value, remote, {each.name, 0, each.value});
        } else if (option.name == "-L" || option.name == "localforward" || option.name == "-D" ||
                   option.name == "dynamicforward") {
            lose_local(draft, each, option.value);
        } else {
            settings.read(draft, option, {each.name, 0, each.value});
        }
    }
    if (draft.client.find("services") == nullptr) {
        throw SourceError(origin_of(program, {}),
                          draft.lost.empty() ? std::string("the command has no -R")
                                             : fmt::format("nothing can be imported: {}; {}", draft.lost.front().why,
                                                           draft.lost.front().instead));
    }
    settings.apply(draft);
    if (read.flag("-f")) {
        draft.ask({"-f", 0, {}}, "to run it in the background, use the unit ferrotunnel@.service: docs/operations.md");
    }
    lose_remote_command(draft, read, remote);
    read.lose_rest();
    return draft;
}

}  // namespace ferrotunnel::cli::importing::command_line
