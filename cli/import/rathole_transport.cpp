// rathole's transports, heartbeats and waits: here every tunnel connection is TLS over TCP.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "rathole.hpp"

namespace ferrotunnel::cli::importing::rathole {
namespace {

constexpr std::string_view own_encryption = "every tunnel connection is encrypted with TLS 1.3, without files of yours";
constexpr std::string_view own_pings = "the tunnel detects a dead connection by pings of its own";
constexpr std::string_view no_effect = "it has no effect with this `transport.type`";

constexpr std::array over_tls{
    NoEquivalent{
        "tls.pkcs12", "the server's certificate is read from PEM files",
        "convert it with `openssl pkcs12 -in FILE -nokeys -out chain.pem` and `openssl pkcs12 -in FILE -nocerts "
        "-noenc -out key.pem`, and set `server.tls_cert` and `server.tls_key`"},
    NoEquivalent{"tls.trusted_root", "the server's own certificate is not that of rathole, and the token proves it",
                 "after `server.tls_cert` is set, set `client.tls_ca` to this file"},
    NoEquivalent{"tls.hostname", "with `client.tls_ca`, the certificate must have the host of `client.server`",
                 "set `client.tls_pin` if it has another one"},
};

constexpr std::array sections{std::string_view("tls"), std::string_view("noise"), std::string_view("websocket"),
                              std::string_view("http2")};

void skip_all(Draft& draft, Keys keys, std::string_view why) {
    for (const std::string& name : keys.names()) {
        keys.skip(draft, name, why);
    }
}

void read_sockets(Draft& draft, Keys tcp, Side side) {
    skip_no_delay(draft, tcp);
    tcp.skip(draft, "keepalive_secs", own_pings);
    tcp.skip(draft, "keepalive_interval", own_pings);
    if (side == Side::server) {
        tcp.skip(draft, "proxy", "a server does not connect to clients");
        return;
    }
    set_proxy(draft, tcp, "proxy");
}

void read_transport(Draft& draft, Keys transport, Side side) {
    const std::string type = transport.text("type").value_or("tcp");
    const bool is_wrapped = type == "websocket" || type == "http2";
    const bool is_tls = type == "tls" || (is_wrapped && transport.boolean(draft, type + ".tls").value_or(false));
    if (is_wrapped) {
        transport.lose(draft, "type", "clients connect to the server over TCP only",
                       "where only HTTP leads out, name the proxy in `client.proxy`");
        transport.skip(draft, type + ".tls", own_encryption);
    } else if (type != "tcp" && type != "tls" && type != "noise") {
        transport.lose(draft, "type", "it is not a transport of rathole");
    } else {
        transport.skip(draft, "type", own_encryption);
    }
    if (is_tls) {
        transport.lose(draft, over_tls);
        transport.skip(draft, "tls.pkcs12_password", "PEM files of the server have no password");
    }
    for (const std::string_view section : sections) {
        const bool has_effect = section == type || (section == "tls" && is_tls);
        if (section == "noise" || !has_effect) {
            skip_all(draft, transport.map(section), has_effect ? own_encryption : no_effect);
        }
    }
    read_sockets(draft, transport.map("tcp"), side);
}

void read_heartbeats(Draft& draft, Part& part) {
    const bool is_client = part.side == Side::client;
    const std::string_view key = is_client ? "heartbeat_timeout" : "heartbeat_interval";
    const auto seconds = part.keys.number(draft, key, -day_in_seconds, day_in_seconds);
    if (!seconds) {
        return;
    }
    const Origin origin = part.keys.origin(key);
    if (*seconds <= 0) {
        part.keys.lose(draft, key, "pings cannot be turned off");
    } else if (is_client) {
        draft.set(Side::client, "timing.dead_interval", fmt::format("{}s", *seconds), origin);
    } else {
        draft.set(Side::server, "timing.ping_interval", fmt::format("{}s", *seconds), origin);
        constexpr long long usual = 45;
        if (const long long least = 3 * *seconds; least > usual) {
            draft.set(Side::server, "timing.dead_interval", fmt::format("{}s", least), origin);
        }
    }
}

}  // namespace

void skip_no_delay(Draft& draft, Keys& keys) {
    constexpr std::string_view why = "small packets are never delayed here";
    if (keys.boolean(draft, "nodelay").value_or(true)) {
        keys.skip(draft, "nodelay", why);
    } else {
        keys.lose(draft, "nodelay", why);
    }
}

void read_connection(Draft& draft, Part& part) {
    read_heartbeats(draft, part);
    read_transport(draft, part.keys.map("transport"), part.side);
    if (part.side == Side::server || !part.keys.has("retry_interval")) {
        return;
    }
    const auto wait = part.keys.number(draft, "retry_interval", 0, day_in_seconds);
    if (wait && *wait > 0) {
        draft.set(Side::client, "timing.reconnect_max", fmt::format("{}s", *wait), part.keys.origin("retry_interval"));
    } else if (wait) {
        part.keys.lose(draft, "retry_interval", "a client waits before it connects again");
    }
}

}  // namespace ferrotunnel::cli::importing::rathole
