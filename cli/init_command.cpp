// `ferrotunnel init`: writes a first configuration file, and a token for a server.
#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/secret.hpp"
#include "ferrotunnel/server.hpp"
#include "help.hpp"
#include "new_file.hpp"
#include "printable.hpp"
#include "server_list.hpp"

namespace ferrotunnel::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view head =
    "# FerroTunnel. docs/configuration.md has every key; `ferrotunnel check {file}` finds mistakes in this file,\n"
    "# `ferrotunnel run --config {file}` runs it. Lines that begin with # show more keys.\n"
    "# Editors can complete and check the keys: `ferrotunnel schema --help`.\n"
    "\n"
    "# log:\n"
    "#   level: info                     # trace, debug, info, warn, error, off\n"
    "#   format: json                    # one object a line; default: text\n";

constexpr std::string_view server_example =
    "\n"
    "server:\n"
    "  bind: 0.0.0.0:7835                # where clients connect: open this port in the firewall\n"
    "  token: file:token                 # what clients log in with; several tokens each have a name and rights\n"
    "  # public_host: tunnel.example.com # the name of this machine for visitors\n"
    "  # allow_ports: [2222, 5353, 20000-20010]  # the public ports that clients may use; default: 1024 and above\n"
    "\n"
    "  # Address of HTTP services for visitors. Services without a host are assigned one below `domain`.\n"
    "  # http_bind: 0.0.0.0:80\n"
    "  # domain: tunnel.example.com\n"
    "\n"
    "  # Certificates from Let's Encrypt, ordered and renewed by the server. It then listens on ports 80 and 443.\n"
    "  # acme:\n"
    "  #   email: admin@example.com      # the contact; may be omitted\n"
    "\n"
    "  # HTTPS with certificates of your own. Changes of the files are noticed.\n"
    "  # https_bind: 0.0.0.0:443\n"
    "  # https:\n"
    "  #   folders: [/etc/letsencrypt/live]\n"
    "  #   redirect: on                  # requests without TLS go to https:\n"
    "\n"
    "  # Plugins, called in this order: docs/plugins.\n"
    "  # plugins:\n"
    "  #   chain:\n"
    "  #     - ip-filter: {allow: [192.0.2.0/24]}\n"
    "  #       hosts: admin.example.com\n"
    "\n"
    "  state_dir: state                  # where the server keeps the certificate that it makes for its clients\n"
    "  drain: 30s                        # how long visitors have to finish when the server ends\n";

constexpr std::string_view client_example =
    "\n"
    "client:\n"
    "  server: {server}           # its host, and its port if that is not 7835\n"
    "  token: file:token                 # a copy of the server's file, readable only by you\n"
    "  # tls_pin: sha256:...             # the key of the server's certificate, which it prints when it starts\n"
    "  services:\n"
    "    - {tcp: 2222, local: 22}        # visitors of the server's port 2222 reach port 22 of this machine\n"
    "    # - {tcp: 20000-20010, local: \"127.0.0.1:3000-3010\"}\n"
    "    # - {http: app.example.com, local: 3000}\n"
    "    # - {http: app.example.com, path: /api, local: \"unix:/run/api.sock\"}\n"
    "    # - {tls: shop.example.com, local: 8443}    # the service itself speaks TLS\n"
    "    # - {udp: 5353, local: \"127.0.0.1:53\"}\n";

void tell(const std::string& line) {
    fmt::print("{}\n", printable(line));
}

/// The file to write.
struct Starter {
    bool server = true;
    bool client = false;
    std::string host;
    std::string domain;  // of the server's HTTP services; empty: its keys are comments
    std::string email;   // for certificates from a CA; empty: its keys are comments
    fs::path file;
    fs::path token;
    std::string unit;  // the NAME of ferrotunnel@NAME, which runs it; empty if it is run by hand
};

/// Where the shipped unit looks for the files of its instances.
constexpr std::string_view unit_folder = "/etc/ferrotunnel/";
constexpr std::string_view example_domain = "tunnel.example.com";
constexpr std::string_view unit_letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";

void read_domain(const Options& options, Starter& wanted, Problems& problems) {
    const std::string domain = options.text("domain").value_or("");
    if (domain.empty()) {
        return;
    }
    if (!wanted.server) {
        if (!options.from_environment("domain")) {
            problems.add(options.place_of("domain"), "is for a server: `ferrotunnel init server --domain NAME`");
        }
        return;
    }
    wanted.domain = domain;
    for (const Problem& problem : Server::builder().http_bind("127.0.0.1:0").domain(domain).check()) {
        if (problem.key == "domain") {
            problems.add(options.place_of("domain"), problem.text);
        }
    }
}

void read_acme(const Options& options, Starter& wanted, Problems& problems) {
    const std::string email = options.text("acme").value_or("");
    if (email.empty()) {
        return;
    }
    if (!wanted.server) {
        if (!options.from_environment("acme")) {
            problems.add(options.place_of("acme"), "is for a server: `ferrotunnel init server --acme EMAIL`");
        }
        return;
    }
    Acme acme;
    wanted.email = acme.email = email;
    for (const Problem& problem : Server::builder().acme(acme).check()) {
        if (problem.key == "acme.email") {
            problems.add(options.place_of("acme"), problem.text);
        }
    }
}

Starter read(const Options& options, Problems& problems) {
    Starter wanted;
    const std::string side = options.operand().value_or("server");
    wanted.server = side == "server" || side == "both";
    wanted.client = side == "client" || side == "both";
    if (!wanted.server && !wanted.client) {
        problems.add(side, "is not a role: expected server, client or both");
    }
    const std::vector<std::string> servers = servers_of(options);
    wanted.host = !servers.empty() ? servers_text(servers) : wanted.server ? "127.0.0.1" : "tunnel.example.com";
    if (options.has("server") && !options.from_environment("server") && !wanted.client) {
        problems.add(options.place_of("server"), "is for a client: `ferrotunnel init client --server HOST`");
    }
    for (const std::string& server : servers) {
        if (server.find_first_of(" \t\r\n#\"'{}[],&*!|>%@`") != std::string::npos) {
            problems.add(options.place_of("server"),
                         "\"" + server + "\" is not a valid address; expected HOST or HOST:PORT");
        }
    }
    if (servers.size() > 1) {
        wanted.host = '[' + wanted.host + ']';
    }
    read_domain(options, wanted, problems);
    read_acme(options, wanted, problems);
    wanted.unit = options.text("systemd").value_or("");
    if (wanted.unit.find_first_not_of(unit_letters) != std::string::npos) {
        problems.add(options.place_of("systemd"), "\"" + wanted.unit +
                                                      "\" is not a NAME of ferrotunnel@NAME; expected letters, "
                                                      "digits, \".\", \"_\" and \"-\"");
    }
    const std::string usual = wanted.unit.empty() ? "ferrotunnel.yml" : std::string(unit_folder) + wanted.unit + ".yml";
    wanted.file = options.text("config").value_or(usual);
    if (!wanted.unit.empty() && wanted.file != usual) {
        problems.add(options.place_of("config"), "conflicts with --systemd; omit it, since the unit reads " + usual);
    }
    wanted.token = wanted.file.parent_path() / (wanted.unit.empty() ? "token" : wanted.unit + ".token");
    if (is_there(wanted.file)) {
        problems.add(wanted.file.string(), "already exists; nothing was written");
    }
    return wanted;
}

// An existing token is used, so it has to be valid, even if an earlier command was interrupted.
void check_kept_token(const fs::path& path, Problems& problems) {
    std::string fault;
    try {
        const auto found = Client::builder().server("127.0.0.1").token(Secret::from_file(path)).check();
        fault = found.empty() ? "" : found.front().text;
    } catch (const config_error& error) {
        fault = error.problems().front().text;
    }
    if (!fault.empty()) {
        problems.add(path.string(), "already exists and would be used, but " + fault +
                                        (fault.ends_with('.') ? " Remove it" : "; remove it") +
                                        ", and `ferrotunnel init` makes a new one");
    }
}

std::string replaced(std::string_view text, std::string_view what, const std::string& by) {
    std::string result(text);
    for (auto at = result.find(what); at != std::string::npos; at = result.find(what, at + by.size())) {
        result.replace(at, what.size(), by);
    }
    return result;
}

std::string server_text(const std::string& domain, const std::string& email) {
    std::string text(server_example);
    if (!email.empty()) {
        text = replaced(text, "# acme:", "acme:");
        text = replaced(text, "#   email: admin@example.com      #", "  email: \"" + email + "\"  #");
    } else if (!domain.empty()) {
        text = replaced(text, "# http_bind:", "http_bind:");
    }
    if (!domain.empty()) {
        for (const std::string_view key : {"public_host: ", "domain: "}) {
            text = replaced(text, "# " + std::string(key) + std::string(example_domain), std::string(key) + domain);
        }
    }
    return text;
}

std::string text_of(const Starter& wanted) {
    const std::string text = replaced(head, "{file}", wanted.file.filename().string()) +
                             (wanted.server ? server_text(wanted.domain, wanted.email) : "") +
                             (wanted.client ? replaced(client_example, "{server}", wanted.host) : "");
    if (wanted.unit.empty()) {
        return text;
    }
    // The unit passes a copy of the token, and has a folder for the state: everything else is read-only for it.
    const std::string token = "token: file:${CREDENTIALS_DIRECTORY:-.}/" + wanted.unit + ".token";
    return replaced(replaced(text, "token: file:token", token), "  state_dir: state                ",
                    "  # state_dir: /var/lib/NAME      ");
}

void tell_next(const Starter& wanted, bool has_made_token) {
    const fs::path& token = wanted.token;
    const std::string file = wanted.file.string();
    tell("wrote " + file + (has_made_token ? " and " + token.string() : ""));
    tell("Next:");
    if (!wanted.domain.empty()) {
        tell("  point the DNS names " + wanted.domain + " and *." + wanted.domain + " to this machine");
    }
    if (!wanted.email.empty()) {
        tell("  open ports 80 and 443 for the CA and for visitors");
    }
    if (!is_there(token)) {
        tell("  copy the server's token to " + token.string() + " (chmod 600)");
    }
    tell("  ferrotunnel check " + file);
    tell(wanted.unit.empty() ? "  ferrotunnel run --config " + file
                             : "  systemctl enable --now ferrotunnel@" + wanted.unit);
    if (wanted.server && !wanted.client) {
        tell("  copy " + token.string() + " to the machine of the service, and there: ferrotunnel init client " +
             (wanted.unit.empty() ? "" : "--systemd " + wanted.unit + ' ') + "--server HOST");
    }
}

}  // namespace

const CommandInfo& init_info() {
    static const CommandInfo info{
        "init",
        "write a configuration file to start with",
        "[server|client|both]",
        "  ferrotunnel init                                  # for a server: ferrotunnel.yml and token\n"
        "  ferrotunnel init server --domain tunnel.example.com  # with HTTP services below that name\n"
        "  ferrotunnel init server --domain tunnel.example.com --acme me@example.com  # and HTTPS\n"
        "  ferrotunnel init client --server tunnel.example.com\n"
        "  ferrotunnel init both --config tunnel.yml\n"
        "  ferrotunnel init server --systemd edge            # for the unit ferrotunnel@edge, as root\n"
        "Comments in the file explain its keys. Nothing is overwritten: an existing token is used.\n",
        {{"Options",
          {{"config", "FILE", "File to write (default ferrotunnel.yml)", "", false, 'c'},
           {"server", "HOST[:PORT]", "Server that the client connects to; may be repeated", "", true},
           {"domain", "NAME", "Domain of the server's HTTP services (port 80)"},
           {"acme", "EMAIL", "Let the server get certificates from Let's Encrypt, with this contact"},
           {"systemd", "NAME", "Write /etc/ferrotunnel/NAME.yml, for the unit ferrotunnel@NAME",
            "Write /etc/ferrotunnel/NAME.yml, and for a server NAME.token, as the unit ferrotunnel@NAME expects them "
            "(docs/operations.md)."}}}},
        CommandInfo::Kind::init,
    };
    return info;
}

ExitCode run_init(Arguments arguments) {
    Problems problems;
    Options options(init_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const Starter wanted = read(options, problems);
    const fs::path folder = wanted.file.parent_path();
    if (is_there(wanted.token)) {
        check_kept_token(wanted.token, problems);
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "init"};
    }
    if (!folder.empty()) {
        make_new_folder(folder);
    }
    const bool makes_token = wanted.server && !is_there(wanted.token);
    if (makes_token) {
        write_new(wanted.token, std::string(Secret::generate().reveal()) + "\n", 0600);
    }
    write_new(wanted.file, text_of(wanted));
    tell_next(wanted, makes_token);
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
