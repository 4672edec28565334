// What restricts the visitors of an ngrok tunnel: passwords, addresses, logins at other services.
#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "guards.hpp"
#include "ngrok.hpp"

namespace ferrotunnel::cli::importing::ngrok {
namespace {

constexpr std::string_view logins = "logins at other services are checked by plugins of the server";
constexpr std::string_view use_login = "add the plugin `forward-auth` or `jwt` to `plugins.chain` of the server";

constexpr std::array lost_guards{
    NoEquivalent{"oauth", logins, use_login},
    NoEquivalent{"oidc", logins, use_login},
    NoEquivalent{"saml", logins, use_login},
    NoEquivalent{"mutual_tls_cas", "the server requires client certificates from visitors",
                 "list the host in `https.client_certificates` of the server"},
    NoEquivalent{"verify_webhook", "a client cannot request this plugin",
                 "add the plugin `webhook-verify`, with the secret in a file, to `plugins.chain` of the server"},
    NoEquivalent{"user_agent_filter", "a client cannot restrict user agents",
                 "use `when` with a plugin of the server: docs/plugins/when.md"},
};

void read_passwords(Draft& draft, Keys& tunnel, Node& service, LostGuards& guards) {
    for (const std::string_view key : {"basic_auth", "auth", "httpauth"}) {
        const Origin origin = tunnel.origin(key);
        if (lose_unreadable(draft, tunnel, key, Form::texts)) {
            guards.add(origin, std::string(key));
            continue;
        }
        for (const std::string& credentials : tunnel.texts(key)) {
            if (!require_password(draft, service, origin, tunnel.full(key), credentials)) {
                guards.add(origin, std::string(key));
            }
        }
    }
}

void read_addresses(Draft& draft, Keys& tunnel, Node& service, LostGuards& guards) {
    constexpr std::string_view whole = "ip_restriction";
    if (lose_unreadable(draft, tunnel, whole, Form::map)) {
        guards.add(tunnel.origin(whole), std::string(whole));
        return;
    }
    constexpr std::string_view allow = "ip_restriction.allow_cidrs";
    constexpr std::string_view deny = "ip_restriction.deny_cidrs";
    const Keys filter = tunnel.map(whole);
    for (const std::string& name : filter.names()) {
        const std::string path = fmt::format("{}.{}", whole, name);
        const bool is_unknown = path != allow && path != deny;  // left to lose_rest
        if (is_unknown || lose_unreadable(draft, tunnel, path, Form::texts)) {
            guards.add(tunnel.origin(path), path);
        }
    }
    filter_addresses(service, {tunnel.texts(allow), tunnel.origin(allow)}, {tunnel.texts(deny), tunnel.origin(deny)});
}

}  // namespace

void read_guards(Draft& draft, Keys& tunnel, Node& service, LostGuards& guards) {
    const bool is_http = service.find("http") != nullptr;
    if (is_http) {
        read_passwords(draft, tunnel, service, guards);
    }
    for (const std::string_view key : {"basic_auth", "auth", "httpauth"}) {
        if (!is_http && tunnel.has(key)) {
            guards.add(tunnel.origin(key), std::string(key));
            tunnel.lose(draft, key, "only visitors of `http` services have passwords");
        }
    }
    read_addresses(draft, tunnel, service, guards);
    for (const NoEquivalent& row : lost_guards) {
        if (tunnel.has(row.key)) {
            guards.add(tunnel.origin(row.key), std::string(row.key));
            tunnel.lose(draft, row.key, row.why, row.instead);
        }
    }
}

}  // namespace ferrotunnel::cli::importing::ngrok
