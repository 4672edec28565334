// frp's private proxies and their visitors.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "frp.hpp"
#include "guards.hpp"
#include "mapping.hpp"

namespace ferrotunnel::cli::importing::frp {
namespace {

/// The key of a private service, which the visitor's file has too.
void set_key(Keys& item, Node& node, const std::string& service, Draft& draft) {
    const auto secret = item.text("secretKey");
    if (!secret) {
        draft.lose(item.origin("name"), item.full("secretKey"), "there is no key, which keeps others out",
                   fmt::format("make one with `ferrotunnel token > {}.key`, and set `key` on both sides", service));
        node.set("enabled", false, item.origin("name"));
        return;
    }
    node.set("key", draft.token(Side::client, service + ".key", *secret, item.origin("secretKey")),
             item.origin("secretKey"));
}

void read_users(Keys& proxy, Draft& draft) {
    const std::vector<std::string> users = proxy.texts("allowUsers");
    if (users.empty()) {
        return;
    }
    const Origin origin = proxy.origin("allowUsers");
    if (std::ranges::find(users, "*") != users.end()) {
        draft.skip(origin, proxy.full("allowUsers"), "clients with the same token may visit, if they have the key");
    } else {
        draft.lose(origin, proxy.full("allowUsers"), "who may visit is a right of the token, on the server",
                   "give these users tokens of their own, and list them in `visited_by`");
    }
}

void lose_punching(Keys& visitor, Draft& draft) {
    constexpr std::array<std::string_view, 7> keys{"protocol",         "keepTunnelOpen", "maxRetriesAnHour",
                                                   "minRetryInterval", "fallbackTo",     "fallbackTimeoutMs",
                                                   "natTraversal"};
    for (const std::string_view key : keys) {
        visitor.skip(draft, key, "there is no hole punching");
    }
}

}  // namespace

void read_private_proxy(Keys& proxy, Reading& reading) {
    Draft& draft = reading.draft;
    const std::string type = proxy.text("type").value_or("");
    const bool has_plugin = has_plugin_of(proxy);
    const auto plugin = has_plugin ? read_plugin(proxy, draft) : std::nullopt;
    const auto local = !has_plugin                  ? backend_of(proxy, draft)
                       : plugin && !plugin->is_http ? std::optional(plugin->local)
                                                    : std::nullopt;
    if (!local) {
        lose_all(proxy, draft, "its backend has no equivalent");
        return;
    }
    const std::string name = valid_name(proxy.text("name").value_or(""));
    Node& service = draft.add_service(name, type == "stcp" ? "tcp" : "udp", "private", *local, proxy.origin("name"));
    if (proxy.has("localPort")) {
        service.at("local").set_origin(proxy.origin("localPort"));
    }
    set_key(proxy, service, name, draft);
    read_users(proxy, draft);
    read_common(proxy, service, reading);
}

void read_visitor(Keys& visitor, Reading& reading) {
    Draft& draft = reading.draft;
    const std::string type = visitor.text("type").value_or("");
    if (type != "stcp" && type != "sudp") {
        lose_all(visitor, draft, "there is no hole punching: visits go through the server",
                 "visit a private service: `ferrotunnel visit NAME`");
        return;
    }
    const auto service = visitor.text("serverName");
    const auto enabled = visitor.boolean(draft, "enabled");
    const bool is_unclear = !enabled && visitor.has("enabled") && !is_null(visitor, "enabled");
    const bool is_off = is_unclear || enabled == false || !reading.is_started(visitor.text("name").value_or(""));
    if (is_off) {
        lose_all(visitor, draft, "it was switched off, which a visit cannot be", "run `ferrotunnel visit` when needed");
        return;
    }
    // A negative port is that of a visitor whose plugin or fallback uses it, without a listener.
    const bool has_listener = !visitor.text("bindPort").value_or("").starts_with('-');
    const auto port = has_listener ? port_at(visitor, "bindPort", draft) : std::nullopt;
    if (has_plugin_of(visitor) || !port || !service) {
        lose_all(visitor, draft, "a visit has a service and a port to listen at");
        return;
    }
    Node& visit = draft.client.at("visits").add();
    visit.set("name", valid_name(*service), visitor.origin("serverName"));
    visit.set("local", with_port(visitor.text("bindAddr").value_or("127.0.0.1"), *port), visitor.origin("bindPort"));
    visit.set("kind", type == "stcp" ? "tcp" : "udp", visitor.origin("type"));
    if (const auto user = visitor.text("serverUser")) {
        draft.ask(
            visitor.origin("serverUser"),
            fmt::format("the client of the service was {}: if it has a token of another name here, the visit is to "
                        "{}@TOKEN",
                        *user, valid_name(*service)));
    }
    if (const auto secret = visitor.text("secretKey")) {
        visit.set("key", draft.token(Side::client, valid_name(*service) + ".key", *secret, visitor.origin("secretKey")),
                  visitor.origin("secretKey"));
    } else {
        draft.lose(visitor.origin("name"), visitor.full("secretKey"), "there is no key",
                   "set `key` to that of the service");
    }
    visitor.skip(draft, "name", "a visit is called by its service");
    visitor.skip(draft, "transport.useEncryption", "visits are encrypted between the clients");
    visitor.lose_unless_off(draft, "transport.useCompression", "nothing is compressed in the tunnel");
    visitor.skip(draft, "enabled", "a visit listens from the start");
    lose_punching(visitor, draft);
}

}  // namespace ferrotunnel::cli::importing::frp
