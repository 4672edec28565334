// What `ferrotunnel client` and its short forms say of themselves: their options, with help and examples.
#include <vector>

#include "backend_options.hpp"
#include "commands.hpp"
#include "common_settings.hpp"
#include "config_option.hpp"
#include "guard_options.hpp"
#include "help.hpp"
#include "setting_options.hpp"
#include "token_source.hpp"
#include "wanted_services.hpp"

namespace ferrotunnel::cli {
namespace {

/// The options about plugins that a command has.
enum class Guards { none, connections, all };

// The sections of a command that offers services. `own`: its own options, which follow the server's address.
// `backend_tls`: whether it has the options for backends that speak TLS; `proxy`: that for the PROXY protocol.
std::vector<OptionSection> client_sections(const std::vector<OptionInfo>& own, bool backend_tls, Guards guards,
                                           bool proxy = true) {
    std::vector<OptionSection> sections = sections_of(detail::client_options());
    std::vector<OptionInfo>& options = sections.front().options;
    options.insert(options.begin() + 1, own.begin(), own.end());
    std::vector<OptionInfo> backend = backend_tls ? backend_tls_options() : std::vector<OptionInfo>();
    if (proxy) {
        backend.insert(backend.end(), {proxy_protocol_option(), health_option(), group_option()});
    }
    options.insert(options.end(), backend.begin(), backend.end());
    if (guards != Guards::none) {
        const std::vector<OptionInfo> guarding = guard_options(guards == Guards::all);
        options.insert(options.end(), guarding.begin(), guarding.end());
    }
    add_token_options(false, sections);
    sections.push_back(log_section());
    return sections;
}

OptionInfo remote_bind() {
    return {"remote-bind", "ADDRESS",
            "The server's address on which the port listens, like 127.0.0.1, as far as the token may have it. Default: "
            "the server's choice.",
            false};
}

OptionInfo service_token() {
    return {"service-token", "FILE",
            "A file with the token that the server wants for what is offered here, beside the client's (`services` in "
            "its file).",
            false};
}

OptionInfo qr() {
    return {"qr", "", "Show the URL as a QR code too, for a phone's camera.", false};
}

// A command for one service. `own` are its options about the service, listed among those that it shares with `client`.
CommandInfo short_form(const char* name, const char* about, const char* examples, const std::vector<OptionInfo>& own,
                       bool backend_tls, Guards guards, bool proxy = true) {
    return {
        name, about, "ADDRESS", examples, client_sections(own, backend_tls, guards, proxy), CommandInfo::Kind::client};
}

}  // namespace

const CommandInfo& client_info() {
    static const CommandInfo info = [] {
        CommandInfo made{
            "client",
            "offers services that this machine can reach on a server's public ports and hosts",
            "",
            "  ferrotunnel client --server tunnel.example.com --token-file token --tcp 2222=22\n"
            "  ferrotunnel client --server tunnel.example.com --http app.example.com=3000\n"
            "  ferrotunnel client --config ferrotunnel.yml\n"
            "  ferrotunnel client --server tunnel.example.com --tcp 8080=127.0.0.1:80 --tcp 0=db.internal:5432\n",
            client_sections(
                {
                    {"tcp", "PORT=ADDRESS",
                     "Visitors of this public port reach that address; several times for several. Port 0: the server "
                     "chooses, and the client prints what it got. 2222=22 means localhost:22. "
                     "20000-20010=3000-3010: a range, each port with its own behind it. 127.0.0.1:2222=22: on that "
                     "address of the server alone. private=22: no public port; it is reached by its name, through the "
                     "server's --connect-bind.",
                     true},
                    {"private", "NAME=ADDRESS",
                     "A service without a public port, which other clients reach by `ferrotunnel visit NAME`; several "
                     "times for several.",
                     true},
                    {"tcp+udp", "PORT=ADDRESS",
                     "Visitors of this port by TCP and by UDP reach that address: both or none. Port 0 and ranges as "
                     "with --tcp.",
                     true},
                    {"private-udp", "NAME=ADDRESS",
                     "The same for UDP, with a key; visited by `ferrotunnel visit NAME --udp`.", true},
                    {"key-file", "FILE",
                     "A file with the key of the private services, which their visitors have too and the server has "
                     "not: what passes is encrypted between the clients. `ferrotunnel token` makes one.",
                     false},
                    {"udp", "PORT=ADDRESS",
                     "The same for UDP: each visitor's datagrams reach that address from a port of their own.", true},
                    {"http", "HOST=ADDRESS",
                     "HTTP visitors who ask for this host reach that address: app.example.com=3000, "
                     "*.example.com=3000 (any one label in front), app.example.com/api=3001 (what is below a path), "
                     "*=3000 (every host that nothing else is for), =3000 (the server assigns a host, and the client "
                     "prints it), docs.example.com=files:./dist (the files of a folder).",
                     true},
                    {"passthrough", "HOST=ADDRESS",
                     "TLS visitors who ask for this name (SNI) reach that address, and nobody touches their TLS in "
                     "between: the backend has the certificate. app.example.com=8443, *.example.com=8443.",
                     true},
                    service_token(),
                    qr(),
                },
                true, Guards::all),
            CommandInfo::Kind::client};
        made.sections.front().title = "Services";
        made.sections.insert(made.sections.begin(), config_section());
        return made;
    }();
    return info;
}

const CommandInfo& tcp_info() {
    static const CommandInfo info =
        short_form("tcp", "the short form of client, for one service",
                   "  ferrotunnel tcp 22 --server tunnel.example.com --token-file token\n"
                   "  ferrotunnel tcp db.internal:5432 --remote-port 15432 --server tunnel.example.com\n",
                   {{"remote-port", "PORT", "The public port. Default: 0, the server chooses one.", false},
                    remote_bind(),
                    service_token()},
                   true, Guards::connections);
    return info;
}

const CommandInfo& udp_info() {
    static const CommandInfo info =
        short_form("udp", "the short form of client, for one UDP service",
                   "  ferrotunnel udp 53 --server tunnel.example.com --token-file token\n"
                   "  ferrotunnel udp 127.0.0.1:51820 --remote-port 51820 --server tunnel.example.com\n",
                   {{"remote-port", "PORT", "The public UDP port. Default: 0, the server chooses one.", false},
                    remote_bind(),
                    service_token()},
                   false, Guards::none, false);
    return info;
}

const CommandInfo& visit_info() {
    static const CommandInfo info = [] {
        CommandInfo made = short_form(
            "visit", "reaches a private service of another client, encrypted from client to client",
            "  ferrotunnel visit db --local 5432 --key-file key --server tunnel.example.com --token-file token\n"
            "  ferrotunnel visit dns --udp --local 5353 --key-file key --server tunnel.example.com\n"
            "  ferrotunnel visit db@alice --local 127.0.0.1:15432 --key-file key --server tunnel.example.com\n",
            {{"local", "[ADDRESS:]PORT",
              "Where connections are taken that are to reach the service: a port of this machine, which others can not "
              "reach, or an IP address and a port. Required.",
              false},
             {"udp", "", "It is a UDP service: each address that sends to the port has a visit of its own.", false},
             {"key-file", "FILE", "The file with the key of the service, the same that its client has. Required.",
              false}},
            false, Guards::none, false);
        made.operand = "SERVICE";
        return made;
    }();
    return info;
}

const CommandInfo& http_info() {
    static const CommandInfo info =
        short_form("http", "the short form of client, for one HTTP service",
                   "  ferrotunnel http 3000 --server tunnel.example.com --token-file token\n"
                   "  ferrotunnel http 3000 --host app.example.com --server tunnel.example.com\n"
                   "  ferrotunnel http app.internal:80 --host app.example.com/api --server tunnel.example.com\n"
                   "  ferrotunnel http 3000 --basic-auth ann --rate 20/s --server tunnel.example.com\n"
                   "  ferrotunnel http 5173 --host-header backend --server tunnel.example.com\n",
                   {{"host", "HOST[/PATH]",
                     "The host that visitors ask for, as in --http of `client`; with a path: what is below "
                     "it. Default: the server assigns a host below its --domain, and it is printed.",
                     false},
                    {"host-header", "HOST",
                     "What ADDRESS sees as Host: `backend` (or `rewrite`) for its own, as development servers want it; "
                     "or a host. Default: what the visitor asked for.",
                     false},
                    service_token(),
                    qr()},
                   true, Guards::all);
    return info;
}

const CommandInfo& tls_info() {
    static const CommandInfo info =
        short_form("tls", "the short form of client, for one service whose TLS nobody touches in between",
                   "  ferrotunnel tls 8443 --host app.example.com --server tunnel.example.com --token-file token\n",
                   {{"host", "HOST", "The name that visitors ask for (SNI), as in --passthrough of `client`.", false},
                    service_token()},
                   false, Guards::connections);
    return info;
}

const CommandInfo& files_info() {
    static const CommandInfo info = [] {
        CommandInfo made = short_form(
            "files", "the short form of client, for the files of a folder by HTTP",
            "  ferrotunnel files ./dist --server tunnel.example.com --token-file token\n"
            "  ferrotunnel files ./dist --host docs.example.com --server tunnel.example.com\n"
            "  ferrotunnel files ~/share --listing --basic-auth ann --server tunnel.example.com\n",
            {{"host", "HOST[/PATH]",
              "The host that visitors ask for, as in --http of `client`; with a path: what is below "
              "it. Default: the server assigns a host below its --domain, and it is printed.",
              false},
             {"listing", "", "Show visitors what is in a folder that has no index.html. Default: they get 404.", false},
             service_token(),
             qr()},
            false, Guards::all, false);
        made.operand = "FOLDER";
        return made;
    }();
    return info;
}

const CommandInfo& exit_info() {
    static const CommandInfo info = [] {
        CommandInfo made =
            short_form("exit", "the short form of client, for a proxy to named destinations (SOCKS5 and HTTP)",
                       "  ferrotunnel exit --allow 10.0.0.0/8:443 --remote-port 1080 --user ann\n"
                       "      --password-file password --server tunnel.example.com --token-file token\n"
                       "  curl --socks5-hostname ann:...@tunnel.example.com:1080 https://10.1.2.3/\n",
                       {{"allow", "DESTINATION",
                         "Where visitors may go: 10.0.0.0/8:443, *.example.com:80,443, [2001:db8::7]:22; several times "
                         "for several. Without ports: all of them. Nothing else is reached, and what is allowed by its "
                         "name alone leads to public addresses only.",
                         true},
                        {"remote-port", "PORT", "The public port. Default: 0, the server chooses one.", false},
                        {"port", "PORT", "The same, by its older name.", false},
                        {"user", "NAME", "Who may use it. Default: everybody who reaches the port.", false},
                        {"password-file", "FILE", "A file with that user's password.", false},
                        service_token()},
                       false, Guards::none, false);
        made.operand = "";
        return made;
    }();
    return info;
}

}  // namespace ferrotunnel::cli
