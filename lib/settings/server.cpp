#include "settings/server.hpp"

#include <utility>

#include "base/limits.hpp"
#include "settings/acme.hpp"
#include "settings/cluster.hpp"
#include "settings/file.hpp"
#include "settings/guarded_services.hpp"
#include "settings/http.hpp"
#include "settings/https.hpp"
#include "settings/plugins.hpp"
#include "settings/rights.hpp"
#include "settings/section_reader.hpp"
#include "settings/traces.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr std::string_view access_topic = "Logs";
constexpr std::string_view share_topic = "Limits of each token";

// The words that access_log and audit_log may have instead of a path.
constexpr Choice access_log_keywords[] = {{"stdout"}, {"stderr"}, {access_off}};

constexpr Setting<ServerValues> settings_of_server[] = {
    {{.key = "bind",
      .form = Form::word,
      .option = "bind",
      .operand = "HOST:PORT",
      .topic = tunnel_topic,
      .brief = "Listen address for clients",
      .type = "IP address with port",
      .help = "Listen address for clients; port 0: the system chooses."},
     &ServerValues::bind},
    {{.key = "tcp_bind",
      .form = Form::word,
      .option = "tcp-bind",
      .operand = "HOST",
      .topic = addresses_topic,
      .type = "IP address",
      .help = "Listen address of the public ports of TCP and UDP services."},
     &ServerValues::tcp_bind},
    {{.key = "public_host",
      .form = Form::word,
      .option = "public-host",
      .operand = "HOST",
      .topic = addresses_topic,
      .brief = "Host name to show in public addresses",
      .type = "host",
      .help = "Host name of this machine in the public addresses that are shown.",
      .default_text = "the address of the public ports"},
     &ServerValues::public_host},
    {{.key = "http_bind",
      .form = Form::word,
      .option = "http-bind",
      .operand = "HOST:PORT|off",
      .topic = addresses_topic,
      .brief = "Listen address for HTTP (default :8080, with --acme :80)",
      .type = "IP address with port, or `off`",
      .help = "Listen address for visitors of HTTP services.",
      .default_text = "0.0.0.0:8080 if that port is free; with `acme` 0.0.0.0:80, otherwise 0.0.0.0:8080 (no default "
                      "in the C++ API)"},
     &ServerValues::http_bind},
    {{.key = "domain",
      .form = Form::word,
      .option = "domain",
      .operand = "NAME",
      .topic = addresses_topic,
      .brief = "Assign HTTP services a host below this name",
      .type = "host",
      .help = "HTTP services without a host get one below this name, such as k7rw2vbd.tunnel.example.com. Its DNS "
              "entries (*.NAME) must point here.",
      .default_text = "none; such services are refused"},
     &ServerValues::domain},
    {{.key = "allow_ports",
      .form = Form::words,
      .option = "allow-ports",
      .operand = "LIST",
      .topic = addresses_topic,
      .brief = "Public ports that clients may use (default: 1024 and above)",
      .type = "port or range, or a list",
      .help = "Public ports that clients may use, such as 2222,8000-8100.",
      .default_text = "all from 1024 on",
      .is_live = true},
     &ServerValues::allow_ports},
    {{.key = "https_bind",
      .form = Form::word,
      .option = "https-bind",
      .operand = "HOST:PORT|off",
      .topic = https_topic,
      .brief = "Listen address for HTTPS (default :8443, with --acme :443)",
      .type = "IP address with port, or `off`",
      .help = "Listen address for HTTPS visitors of HTTP services.",
      .default_text = "0.0.0.0:8443 if there are certificates; with `acme` 0.0.0.0:443, otherwise 0.0.0.0:8443 (no "
                      "default in the C++ API)"},
     &ServerValues::https_bind},
    {{.key = "acme", .is_live = true},  // its presence; for comparison only
     {},
     [](const ServerValues& a, const ServerValues& b) { return a.has_acme == b.has_acme; },
     [](ServerValues& into, const ServerValues& from) { into.has_acme = from.has_acme; }},
    {{.key = "cluster"},  // likewise
     {},
     [](const ServerValues& a, const ServerValues& b) { return a.has_cluster == b.has_cluster; }},
    {{.key = "connect_bind",
      .form = Form::word,
      .option = "connect-bind",
      .operand = "HOST:PORT|off",
      .topic = addresses_topic,
      .type = "IP address with port, or `off`",
      .help = "Listen address of an HTTP CONNECT proxy through which holders of a token reach the TCP services of its "
              "clients by name. It has no TLS: use 127.0.0.1.",
      .default_text = "none"},
     &ServerValues::connect_bind},
    {{.key = "ssh_service",
      .form = Form::word,
      .option = "ssh-service",
      .operand = "SERVICE",
      .topic = addresses_topic,
      .type = "text",
      .help = "TCP service, which may be private, for SSH visitors of a port that several protocols share: `service` "
              "or `service.client`, also followed by `@token`.",
      .default_text = "none; such visitors are rejected",
      .is_live = true},
     &ServerValues::ssh_service},
    {{.key = "silent_service",
      .form = Form::word,
      .option = "silent-service",
      .operand = "SERVICE",
      .topic = addresses_topic,
      .type = "text",
      .help = "TCP service, written as for `ssh_service`, for visitors of a shared port that send nothing for 2 s, "
              "since in their protocol the server speaks first.",
      .default_text = "none; such visitors are rejected",
      .is_live = true},
     &ServerValues::silent_service},
    {{.key = "proxy_protocol_from",
      .form = Form::words,
      .fault = network_fault,
      .option = "proxy-protocol-from",
      .operand = "NETWORK",
      .is_repeated = true,
      .topic = https_topic,
      .type = "IP address or network, or a list",
      .help = "Proxies in front, such as 10.0.0.0/8 or ::1, that send the PROXY protocol (version 1 or 2). Their "
              "connections to every public address must begin with its header, which names the visitor."},
     &ServerValues::proxies},
    {{.key = "plugins",
      .help = "Plugins, which check requests, connections and logins.",
      .call = "add_plugin",
      .is_live = true,
      .keys = plugin_section_keys},
     {},
     [](const ServerValues& a, const ServerValues& b) { return a.plugins == b.plugins; },
     [](ServerValues& into, const ServerValues& from) { into.plugins = from.plugins; }},
    {{.key = "plugins.clients", .call = "client_plugins", .problem = "client_plugins", .is_live = true},
     {},
     [](const ServerValues& a, const ServerValues& b) { return a.client_plugins == b.client_plugins; },
     [](ServerValues& into, const ServerValues& from) { into.client_plugins = from.client_plugins; }},
    {{.key = "token",
      .option = "token-file",
      .type = "token, or a list",
      .help = "Tokens that clients log in with. Required.",
      .call = "add_token",
      .is_live = true,
      .is_required = true,
      .keys = token_keys},
     {},
     [](const ServerValues& a, const ServerValues& b) { return a.tokens == b.tokens; },
     [](ServerValues& into, const ServerValues& from) { into.tokens = from.tokens; }},
    {{.key = "services",
      .type = "list of services with tokens",
      .help = "Services that must prove a token of their own, in addition to their client's login; up to 256. See "
              "\"Tokens of services\" below.",
      .call = "guarded_services",
      .problem = "guarded_services",
      .is_live = true,
      .keys = guarded_service_keys},
     {},
     [](const ServerValues& a, const ServerValues& b) { return a.guarded_services == b.guarded_services; },
     [](ServerValues& into, const ServerValues& from) { into.guarded_services = from.guarded_services; }},
    {{.key = "tls_cert",
      .form = Form::path,
      .option = "tls-cert",
      .operand = "FILE",
      .topic = tunnel_topic,
      .help = "Certificate chain of your own, PEM.",
      .default_text = "a self-signed certificate",
      .call = "tls_certificate",
      .problem = "tls_certificate",
      .is_live = true},
     &ServerValues::tls_chain,
     [](const ServerValues& a, const ServerValues& b) { return a.tls_credential == b.tls_credential; },
     [](ServerValues& into, const ServerValues& from) {
         into.tls_chain = from.tls_chain;
         into.tls_credential = from.tls_credential;
     }},
    {{.key = "tls_key",
      .form = Form::path,
      .option = "tls-key",
      .operand = "FILE",
      .topic = tunnel_topic,
      .help = "Private key of that certificate chain, PEM.",
      .call = "tls_certificate",
      .problem = "tls_certificate",
      .is_live = true},
     &ServerValues::tls_key},
    {{.key = "state_dir",
      .form = Form::path,
      .option = "state-dir",
      .operand = "PATH",
      .topic = tunnel_topic,
      .brief = "Folder for the server's key and assigned ports and hosts",
      .type = "folder",
      .help = "Folder for the self-signed certificate, so that its pin stays the same, for the hosts and ports "
              "assigned to tokens, and for accounts and certificates of `acme`.",
      .default_text = "$STATE_DIRECTORY, /var/lib/ferrotunnel for root, $XDG_STATE_HOME/ferrotunnel or "
                      "~/.local/state/ferrotunnel (no default in the C++ API)"},
     &ServerValues::state_dir},
    {{.key = "connections_per_token",
      .form = Form::number,
      .min = 1,
      .max = limits::sessions_max,
      .option = "connections-per-token",
      .operand = "N",
      .topic = share_topic,
      .help = "Maximum number of connections of all clients of a token together.",
      .default_text = "4096, or 3584 with several tokens",
      .is_live = true},
     &ServerValues::connections_per_token},
    {{.key = "ports_per_token",
      .form = Form::number,
      .min = 1,
      .max = limits::ports_per_token_settable_max,
      .option = "ports-per-token",
      .operand = "N",
      .topic = share_topic,
      .help = "Maximum number of public ports of all clients of a token together, including those that are still being "
              "closed.",
      .default_text = "65535, or 14000 with several tokens",
      .is_live = true},
     &ServerValues::ports_per_token},
    {{.key = "hold",
      .form = Form::time,
      .max = static_cast<std::uint64_t>(limits::ports_hold_max.count()),
      .option = "hold",
      .operand = "TIME",
      .topic = running_topic,
      .help =
          "How long visitors of a public port wait for a client after the last one has left, or after the server has "
          "started; then their connections are closed with a reset. 0: no wait.",
      .is_live = true},
     &ServerValues::hold},
    {{.key = "access_log",
      .form = Form::path,
      .choices = access_log_keywords,
      .option = "access-log",
      .operand = "FILE|stdout|stderr|off",
      .topic = access_topic,
      .brief = "Write a line for each HTTP request (default off)",
      .type = "path, `stdout`, `stderr` or `off`",
      .help = "File for a line about each finished request of an HTTP visitor. SIGUSR1 opens the file again after it "
              "was renamed.",
      .default_text = "`off`",
      .is_live = true},
     &ServerValues::access_log},
    {{.key = "access_log_format",
      .form = Form::word,
      .fault = access_format_fault,
      .option = "access-log-format",
      .operand = "FORMAT",
      .topic = access_topic,
      .type = "text",
      .help = "Format of the lines: `combined` as in Apache and nginx, `json` for one object a line, or a template "
              "such as `{time} {visitor} \"{method} {target}\" {status}`; docs/operations.md lists the fields.",
      .is_live = true},
     &ServerValues::access_log_format},
    {{.key = "access_log_mask",
      .form = Form::words,
      .option = "access-log-mask",
      .operand = "NAME",
      .is_repeated = true,
      .topic = access_topic,
      .type = "text, or a list",
      .help = "Query parameters whose values are masked in the lines, up to 256; `*`: all.",
      .default_text =
          "access_token, api_key, apikey, auth, code, key, passwd, password, secret, sig, signature and token",
      .is_live = true},
     &ServerValues::access_log_mask},
    {{.key = "audit_log",
      .form = Form::path,
      .choices = access_log_keywords,
      .option = "audit-log",
      .operand = "FILE|stdout|stderr|off",
      .topic = access_topic,
      .type = "path, `stdout`, `stderr` or `off`",
      .help = "Audit log file: one JSON line for each login, service, administrative action and configuration change, "
              "chained by hashes (`ferrotunnel audit verify`). SIGUSR1 opens the file again after it was renamed.",
      .default_text = "`off`",
      .is_live = true},
     &ServerValues::audit_log},
};

}  // namespace

std::span<const Setting<ServerValues>> server_settings() noexcept {
    return settings_of_server;
}

ServerPart read_server(config::Section section, ConfigReading& reading) {
    ServerPart part;
    ServerValues& settings = part.settings;
    SectionReader reader(std::move(section), reading, reading.file.server_origins);
    reader.read_settings(settings);
    reader.read_group({}, program_settings, part);
    read_https_sections(reader, settings.https);
    read_acme_sections(reader, settings, reading);
    read_cluster_sections(reader, settings, reading);
    read_http_sections(reader, settings.http);
    read_traces_sections(reader, settings.traces, reading);
    if (settings.https_bind == bind_off) {
        settings.https = {};  // a file may keep them while https_bind is off
        settings.acme = {};
        settings.has_acme = false;
    }
    if (auto value = reader.find({}, "token")) {
        part.has_token = true;
        value->hide();
        for (config::Value& item : value->items_or_single()) {
            read_server_token(item, settings.tokens, reading);
        }
    }
    if (auto value = reader.find({}, "services", "guarded_services")) {
        read_guarded_services(*value, reading, settings.guarded_services);
    }
    if (reader.find({}, "plugins")) {
        read_plugins(reader, settings, reading);
    }
    reader.finish();
    return part;
}

}  // namespace ferrotunnel::detail
