// A plugin that a client asks its server for, on a service of its own.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

/// A plugin that runs on the server, for the visitors of one service: Http::plugins, Tcp::plugins, Tls::plugins. Its
/// operator says which types clients may ask for, and each type which settings; a service that asks for anything else
/// is refused, never served without it. docs/plugins/clients.md says what there is.
struct ServicePlugin {
    /// It has constructors and no designated initialisers, for the reason given at Tcp.
    ServicePlugin() = default;
    explicit ServicePlugin(std::string type_in, std::string settings_in = {})
        : type(std::move(type_in)), settings(std::move(settings_in)) {}

    /// Lets these networks in and nobody else: "10.0.0.0/8", "192.0.2.7", "2001:db8::/32". For HTTP, TCP and TLS.
    FERROTUNNEL_EXPORT static ServicePlugin allow_ip(const std::vector<std::string>& networks);
    /// Lets each address send so many requests, or make so many connections: "20/s", "100/m". `burst`: how many may
    /// come at once; 0: what the rate has in a second. For HTTP, TCP and TLS.
    FERROTUNNEL_EXPORT static ServicePlugin rate(const std::string& rate, unsigned burst = 0);
    /// Asks visitors for a name and a password (HTTP Basic). `hash` is the password's, as `htpasswd -B` or crypt(3)
    /// with bcrypt, yescrypt or SHA-512 makes it: the server never gets the password from its client. For HTTP.
    FERROTUNNEL_EXPORT static ServicePlugin basic_auth(const std::string& user, const std::string& hash);

    /// The type, as the server calls it: "ip-filter".
    std::string type{};
    /// Its settings, as JSON or YAML: "{allow: 10.0.0.0/8}". Empty: none.
    std::string settings{};

    friend bool operator==(const ServicePlugin&, const ServicePlugin&) = default;
};

}  // namespace ferrotunnel
