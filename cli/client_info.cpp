// The options of `ferrotunnel client` and its short forms, with help and examples.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend_options.hpp"
#include "commands.hpp"
#include "common_settings.hpp"
#include "config_option.hpp"
#include "guard_options.hpp"
#include "help.hpp"
#include "requested_services.hpp"
#include "setting_options.hpp"
#include "token_source.hpp"

namespace ferrotunnel::cli {
namespace {

/// Which guard options a command has.
enum class Guards { none, connections, all };

// The sections of a command that offers services, its own options first. `backend_tls`: whether it has the options for
// backends that speak TLS; `proxy`: those of the PROXY protocol.
std::vector<OptionSection> client_sections(OptionSection service, bool backend_tls, Guards guards, bool proxy = true) {
    std::vector<OptionInfo>& options = service.options;
    if (proxy) {
        options.insert(options.end(), {health_option(), group_option(), proxy_protocol_option()});
    }
    const std::vector<OptionInfo> backend = backend_tls ? backend_tls_options() : std::vector<OptionInfo>();
    options.insert(options.end(), backend.begin(), backend.end());
    std::vector<OptionSection> sections{std::move(service)};
    if (guards != Guards::none) {
        sections.push_back({"Visitors", guard_options(guards == Guards::all)});
    }
    const std::vector<OptionSection> settings = sections_of(detail::client_options());
    sections.insert(sections.end(), settings.begin(), settings.end());
    add_token_options(false, sections);
    sections.push_back(log_section());
    return sections;
}

OptionInfo remote_port(const char* brief) {
    return {"remote-port", "PORT", brief};
}

OptionInfo remote_bind() {
    return {"remote-bind", "ADDRESS", "Listen address of the port, on the server",
            "Listen address of the port on the server, like 127.0.0.1, if the token has the right to it. Default: the "
            "server's choice."};
}

OptionInfo public_host() {
    return {"host", "HOST[/PATH]", "Public host, with a path or without (default: assigned)",
            "Public host, as in --http of `client`; with a path: only requests below it. Default: the server assigns a "
            "host below its --domain, and the client prints it."};
}

OptionInfo service_token() {
    return {"service-token", "FILE", "",
            "File with the token that the server requires for this service, in addition to the client's (`services` in "
            "the server's file)."};
}

OptionInfo qr() {
    return {"qr", "", "Show the URL as a QR code, too"};
}

// A command for one service. `own`: its options about the service, listed before those it shares with `client`.
CommandInfo short_form(const char* name, const char* about, const char* examples, std::vector<OptionInfo> own,
                       bool backend_tls, Guards guards, bool proxy = true) {
    if (!proxy && name != std::string_view("visit")) {  // else group_option() is beside that of the PROXY protocol
        own.push_back(group_option());
    }
    CommandInfo made{name,
                     about,
                     "ADDRESS",
                     examples,
                     client_sections({"Service", std::move(own)}, backend_tls, guards, proxy),
                     CommandInfo::Kind::client};
    list_in_full_help_only({"tls-ca", "resume", "metrics", "log-format"}, made);  // for services that run for long
    return made;
}

std::vector<OptionInfo> client_services() {
    return {
        {"http", "HOST=ADDRESS", "HTTP service at this host, like app.example.com=3000",
         "HTTP service at this public host; may be repeated. app.example.com=3000; *.example.com=3000 matches any one "
         "subdomain; app.example.com/api=3001 only requests below a path; *=3000 every host that no other service "
         "matches; for =3000 the server assigns a host, and the client prints it; docs.example.com=files:./dist serves "
         "the files of a folder.",
         true},
        {"tcp", "PORT=ADDRESS", "TCP service at this public port, like 2222=22",
         "TCP service at this public port; may be repeated. 2222=22 forwards to localhost:22. Port 0: the server "
         "chooses one, and the client prints it. 20000-20010=3000-3010: a range, port by port. 127.0.0.1:2222=22: only "
         "on that address of the server. private=22: no public port; the service is reached by its name through the "
         "server's --connect-bind.",
         true},
        {"udp", "PORT=ADDRESS", "UDP service at this public port, like 53=53",
         "UDP service at this public port; may be repeated. Each visitor's datagrams reach the address from a port of "
         "their own. Port 0 and ranges as with --tcp.",
         true},
        {"tcp+udp", "PORT=ADDRESS", "",
         "TCP and UDP service at the same public port, which opens for both or for neither; may be repeated. Port 0 "
         "and ranges as with --tcp.",
         true},
        {"passthrough", "HOST=ADDRESS", "TLS service at this host, forwarded without decryption",
         "TLS service at this host (SNI); may be repeated. The tunnel does not decrypt it: the backend has the "
         "certificate. app.example.com=8443, *.example.com=8443.",
         true},
        {"private", "NAME=ADDRESS", "TCP service for `ferrotunnel visit NAME` only",
         "TCP service without a public port, which other clients reach by `ferrotunnel visit NAME`; may be repeated.",
         true},
        {"private-udp", "NAME=ADDRESS", "",
         "UDP service without a public port, which other clients reach by `ferrotunnel visit NAME --udp`; may be "
         "repeated. Needs --key-file.",
         true},
        {"key-file", "FILE", "File with the key of the private services",
         "File with the key of the private services. Their visitors have it too, and the server does not: the traffic "
         "is encrypted between the clients. `ferrotunnel token` makes one."},
        service_token(),
        qr(),
    };
}

}  // namespace

const CommandInfo& client_info() {
    static const CommandInfo info = [] {
        CommandInfo made{
            "client",
            "expose several services through a server",
            "",
            "  ferrotunnel client --server tunnel.example.com --token-file token --tcp 2222=22\n"
            "  ferrotunnel client --http app.example.com=3000 --udp 53=53      # after `ferrotunnel login`\n"
            "  ferrotunnel client --config ferrotunnel.yml\n",
            client_sections({"Services", client_services()}, true, Guards::all),
            CommandInfo::Kind::client};
        made.sections.insert(made.sections.begin(), config_section());
        list_in_full_help_only(
            {"qr", "proxy-protocol", "backend-insecure", "password-file", "tls-ca", "resume", "log-format"}, made);
        return made;
    }();
    return info;
}

const CommandInfo& tcp_info() {
    static const CommandInfo info =
        short_form("tcp", "expose one TCP service, like SSH or a database",
                   "  ferrotunnel tcp 22                                  # after `ferrotunnel login`\n"
                   "  ferrotunnel tcp 22 --server tunnel.example.com --token-file token\n"
                   "  ferrotunnel tcp db.internal:5432 --remote-port 15432\n"
                   "ADDRESS is a port of this machine, HOST:PORT, unix:PATH, or tls://HOST:PORT.\n",
                   {remote_port("Public port (default 0: the server chooses one)"), remote_bind(), service_token()},
                   true, Guards::connections);
    return info;
}

const CommandInfo& udp_info() {
    static const CommandInfo info = [] {
        CommandInfo made = short_form(
            "udp", "expose one UDP service, like DNS or WireGuard",
            "  ferrotunnel udp 53                                  # after `ferrotunnel login`\n"
            "  ferrotunnel udp 53 --server tunnel.example.com --token-file token\n"
            "  ferrotunnel udp 127.0.0.1:51820 --remote-port 51820\n"
            "ADDRESS is a port of this machine, or HOST:PORT.\n",
            {remote_port("Public UDP port (default 0: the server chooses one)"), remote_bind(), service_token()}, false,
            Guards::none, false);
        list_in_full_help_only({"inspect"}, made);  // UDP is not recorded
        return made;
    }();
    return info;
}

const CommandInfo& visit_info() {
    static const CommandInfo info = [] {
        CommandInfo made =
            short_form("visit", "reach a private service of another client, encrypted end to end",
                       "  ferrotunnel visit db --local 5432 --key-file key    # after `ferrotunnel login`\n"
                       "  ferrotunnel visit dns --udp --local 5353 --key-file key --server tunnel.example.com\n"
                       "  ferrotunnel visit db@alice --local 127.0.0.1:15432 --key-file key\n",
                       {{"local", "[ADDRESS:]PORT", "Local listen address for the service (required)",
                         "Local listen address for the service: a port, which only this machine reaches, or an IP "
                         "address and a port. "
                         "Required."},
                        {"udp", "", "The service is a UDP service",
                         "The service is a UDP service: each address that sends to the port is a visitor of its own."},
                        {"key-file", "FILE", "File with the key of the service (required)",
                         "File with the key of the service, the same that its client has. Required."}},
                       false, Guards::none, false);
        made.operand = "SERVICE";
        made.operand_kind = ValueKind::service;
        list_in_full_help_only({"inspect"}, made);  // visits are not recorded
        return made;
    }();
    return info;
}

const CommandInfo& http_info() {
    static const CommandInfo info = short_form(
        "http", "expose one HTTP service at a public URL",
        "  ferrotunnel http 3000                               # after `ferrotunnel login`\n"
        "  ferrotunnel http 3000 --host app.example.com --server tunnel.example.com --token-file token\n"
        "  ferrotunnel http 3000 --basic-auth ann --rate 20/s\n"
        "  ferrotunnel http 5173 --host-header backend         # for development servers\n"
        "ADDRESS is a port of this machine, HOST:PORT, unix:PATH, or a URL like https://HOST:PORT.\n",
        {public_host(),
         {"host-header", "HOST", "Host header sent to ADDRESS; `backend`: its own host",
          "Host header sent to ADDRESS: a host, or `backend` (also `rewrite`) for the host of ADDRESS itself, "
          "which development servers may require. Default: as the visitor sent it."},
         service_token(),
         qr()},
        true, Guards::all);
    return info;
}

const CommandInfo& tls_info() {
    static const CommandInfo info =
        short_form("tls", "expose one TLS service without decrypting it",
                   "  ferrotunnel tls 8443 --host app.example.com         # after `ferrotunnel login`\n"
                   "  ferrotunnel tls 8443 --host app.example.com --server tunnel.example.com --token-file token\n"
                   "ADDRESS is a port of this machine, HOST:PORT, or unix:PATH.\n",
                   {{"host", "HOST", "Public host, which visitors send by SNI (required)",
                     "Public host, which visitors send by SNI, as in --passthrough of `client`. Required."},
                    service_token()},
                   false, Guards::connections);
    return info;
}

const CommandInfo& files_info() {
    static const CommandInfo info = [] {
        CommandInfo made =
            short_form("files", "serve the files of a folder over HTTP",
                       "  ferrotunnel files ./dist                            # after `ferrotunnel login`\n"
                       "  ferrotunnel files ./dist --host docs.example.com --server tunnel.example.com\n"
                       "  ferrotunnel files ~/share --listing --basic-auth ann\n",
                       {public_host(),
                        {"listing", "", "List the files of folders without index.html",
                         "List the files of folders without index.html. Default: visitors get 404."},
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
        CommandInfo made = short_form(
            "exit", "offer a SOCKS5 and HTTP proxy to destinations that you name",
            "  ferrotunnel exit --allow 10.0.0.0/8:443 --remote-port 1080 --user ann \\\n"
            "      --password-file password --server tunnel.example.com --token-file token\n"
            "  curl --socks5-hostname ann:...@tunnel.example.com:1080 https://10.1.2.3/\n",
            {{"allow", "DESTINATION", "Destination to allow, like *.example.com:443; may be repeated",
              "Destination that visitors may reach: 10.0.0.0/8:443, *.example.com:80,443, [2001:db8::7]:22; may "
              "be repeated. Without ports: all ports. Everything else is rejected, and a destination that is "
              "allowed only by name must have a public address.",
              true},
             remote_port("Public port (default 0: the server chooses one)"),
             {"port", "PORT", "", "Deprecated alias of --remote-port."},
             {"user", "NAME", "User name that visitors need (default: none)"},
             {"password-file", "FILE", "File with the password of --user"},
             service_token()},
            false, Guards::none, false);
        made.operand = "";
        list_in_full_help_only({"inspect"}, made);  // exits are not recorded
        return made;
    }();
    return info;
}

}  // namespace ferrotunnel::cli
