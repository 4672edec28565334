// What frp's clients and servers have in common: the token, the log, the web interface, heartbeats.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "frp.hpp"
#include "mapping.hpp"
#include "number_ranges.hpp"

namespace ferrotunnel::cli::importing::frp {
namespace {

constexpr std::string_view make_token =
    "copy the other side's file `token` here; only if there is none yet, make one: `ferrotunnel token > token; chmod "
    "600 token`";

constexpr NoEquivalent oidc_keys[] = {
    {"oidc.additionalEndpointParams.*", "clients log in with a token, not with OpenID Connect", make_token},
};

void read_token_source(Keys& auth, Side side, Draft& draft) {
    const std::string type = auth.text("tokenSource.type").value_or("");
    const std::optional<std::string> path = auth.text("tokenSource.file.path");
    if (type == "file" && path) {
        draft.set(side, "token", "file:" + *path, auth.origin("tokenSource.file.path"));
        draft.ask(
            auth.origin("tokenSource.file.path"),
            fmt::format("the file {} has to contain a token that `ferrotunnel token` made, on both sides", *path));
        ask_about_relative_path(draft, auth.origin("tokenSource.file.path"), *path);
        return;
    }
    if (auth.has("tokenSource")) {
        draft.lose(auth.origin("tokenSource"), auth.full("tokenSource"), "a token comes from a file or a variable",
                   make_token);
    }
    auth.take("tokenSource");
}

void read_dashboard(Keys& web, Side side, Draft& draft) {
    const std::optional<std::string> port = port_at(web, "port", draft);
    const std::string address = web.text("addr").value_or(side == Side::client ? "127.0.0.1" : "0.0.0.0");
    if (!port) {
        return;
    }
    const bool is_own_machine = address.starts_with("127.") || address == "::1" || address == "localhost";
    draft.set(side, "dashboard", with_port(is_own_machine && address != "localhost" ? address : "127.0.0.1", *port),
              web.origin("port"));
    if (!is_own_machine) {
        draft.ask(
            web.origin(web.has("addr") ? "addr" : "port"),
            fmt::format("the dashboard was reachable at {}:{}, and is now reachable from this machine only: other "
                        "machines need `dashboard_token_file` and `dashboard_tls_cert`",
                        address, *port));
    }
}

}  // namespace

bool Reading::is_started(std::string_view name) const {
    return !is_start_lost && (start.empty() || start.contains(name));
}

std::optional<std::string> port_at(Keys& keys, std::string_view path, Draft& draft) {
    std::optional<std::string> port = keys.digits(draft, path, 0, port_max);
    return port == "0" ? std::nullopt : port;
}

std::optional<std::string> ports_at(Keys& proxy, std::string_view path, Draft& draft) {
    const Value* const value = proxy.find(path);
    const bool may_be_range = value != nullptr && value->kind == Value::Kind::text;  // as templates make them
    const auto ranges = may_be_range ? number_ranges(value->scalar) : std::nullopt;
    if (ranges && ranges->size() == 1 && ranges->front().first > 0 && ranges->front().first < ranges->front().last) {
        return proxy.text(path);
    }
    return port_at(proxy, path, draft);
}

void read_auth(Keys& root, Side side, Draft& draft) {
    Keys auth = root.map("auth");
    constexpr std::string_view whole =
        "a login counts for its connection, which is encrypted and authenticated as a whole";
    for (const std::string_view key : {"additionalScopes", "authenticateHeartBeats", "authenticateNewWorkConns"}) {
        auth.skip(draft, key, whole);
    }
    const std::string method = auth.text("method").value_or("token");
    const Origin method_origin = auth.origin("method");
    for (const std::string_view key :
         {"oidc.clientID", "oidc.clientSecret", "oidc.audience", "oidc.scope", "oidc.tokenEndpointURL", "oidc.issuer",
          "oidc.trustedCaFile", "oidc.insecureSkipVerify", "oidc.proxyURL", "oidc.tokenSource", "oidc.skipExpiryCheck",
          "oidc.skipIssuerCheck"}) {
        auth.lose_unless_off(draft, key, oidc_keys[0].why, make_token);
    }
    auth.lose(draft, oidc_keys);
    if (method == "token") {
        if (auth.has("method")) {
            draft.skip(method_origin, auth.full("method"), "clients log in with a token");
        }
    } else {
        draft.lose(method_origin, auth.full("method"), oidc_keys[0].why, make_token);
    }
    read_token_source(auth, side, draft);
    if (const std::optional<std::string> token = auth.text("token")) {
        draft.set(side, "token", draft.token(side, "token", *token, auth.origin("token")), auth.origin("token"));
    } else if (draft.of(side).find("token") == nullptr) {
        draft.set(side, "token", "file:token", root.origin());
        draft.lose(root.origin(), "auth.token", "there is no token, which is required here", make_token);
    }
}

void read_log(Keys& root, Side side, Draft& draft) {
    Keys log = root.map("log");
    if (const std::optional<std::string> level = log.text("level")) {
        draft.log_of(side).set("level", *level, log.origin("level"));
    }
    const std::string to = log.text("to").value_or("console");
    constexpr std::string_view as_file = "the log goes to the standard error stream";
    constexpr std::string_view instead = "let systemd or a redirection (`2>> FILE`) keep it";
    if (to == "console" || to.empty()) {
        if (log.has("to")) {
            draft.skip(log.origin("to"), log.full("to"), as_file);
        }
        log.skip(draft, "maxDays", "there is no file of the log");
    } else {
        draft.lose(log.origin("to"), log.full("to"), as_file, instead);
        log.lose(draft, "maxDays", as_file, instead);
    }
    log.skip(draft, "disablePrintColor", "the log has no colours");
}

void read_web_server(Keys& root, Side side, Draft& draft) {
    Keys web = root.map("webServer");
    read_dashboard(web, side, draft);
    constexpr std::string_view login =
        "the dashboard admits this program's user and root on this machine, and others by a secret in a file";
    constexpr std::string_view instead =
        "`ferrotunnel token > dash.secret`, and set `dashboard_token_file: dash.secret`";
    web.lose(draft, "user", login, instead);
    web.lose(draft, "password", login, instead);
    constexpr std::string_view without_tls = "the dashboard is reachable from this machine only";
    web.lose_unless_off(draft, "tlsMode", without_tls, "set `dashboard_tls_cert` and `dashboard_tls_key`");
    for (const std::string_view key : {"tls.certFile", "tls.keyFile", "tls.trustedCaFile", "tls.serverName"}) {
        web.lose(draft, key, without_tls, "set `dashboard_tls_cert` and `dashboard_tls_key`");
    }
    web.lose(draft, "assetsDir", "the pages of the dashboard are part of the program");
    web.lose_unless_off(draft, "pprofEnable", "there are no profiles of Go");
}

void read_timing(Keys& root, Side side, Draft& draft) {
    Keys transport = root.map("transport");
    const auto read = [&](std::string_view key, std::string_view path) {
        const std::optional<std::string> seconds = transport.digits(draft, key, -day_in_seconds, day_in_seconds);
        if (seconds && seconds->starts_with('-')) {
            draft.lose(transport.origin(key), transport.full(key), "lost connections are always detected");
        } else if (seconds && *seconds != "0") {
            draft.set(side, path, *seconds + "s", transport.origin(key));
        } else if (seconds) {
            draft.skip(transport.origin(key), transport.full(key), "the default applies");
        }
    };
    read("heartbeatInterval", "timing.ping_interval");
    read("heartbeatTimeout", "timing.dead_interval");
    constexpr std::string_view pings = "pings of the tunnel keep connections alive";
    transport.skip(draft, "tcpMuxKeepaliveInterval", pings);
    transport.skip(draft, "tcpKeepalive", pings);
    transport.skip(draft, "dialServerKeepalive", pings);
    constexpr std::string_view streams = "visitors always share the connections of a tunnel";
    transport.skip(draft, "tcpMux", streams);
    transport.skip(draft, "poolCount", streams);
    transport.skip(draft, "maxPoolCount", streams);
    for (const std::string_view key : {"quic.keepalivePeriod", "quic.maxIdleTimeout", "quic.maxIncomingStreams"}) {
        transport.lose(draft, key, "there is no QUIC transport", "use TLS over TCP, the default");
    }
}

}  // namespace ferrotunnel::cli::importing::frp
