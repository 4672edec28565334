// A plugin of the server that a client requests for its service.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

/// A plugin that runs on the server, for the visitors of one service: Http::plugins, Tcp::plugins, Tls::plugins. The
/// server's operator chooses the types that clients may request, and each type the settings; a service that requests
/// anything else is refused, never served without it. docs/plugins/clients.md lists the types.
struct ServicePlugin {
    /// It has constructors and no designated initialisers, for the reason given at Tcp.
    ServicePlugin() = default;
    explicit ServicePlugin(std::string type_in, std::string settings_in = {})
        : type(std::move(type_in)), settings(std::move(settings_in)) {}

    /// Accepts visitors from these networks only: "10.0.0.0/8", "192.0.2.7", "2001:db8::/32". For HTTP, TCP and TLS.
    FERROTUNNEL_EXPORT static ServicePlugin allow_ip(const std::vector<std::string>& networks);
    /// Limits the rate of requests, or of connections, from each address: "20/s", "100/m". `burst`: how many may arrive
    /// at once; 0: as many as in one second. For HTTP, TCP and TLS.
    FERROTUNNEL_EXPORT static ServicePlugin rate(const std::string& rate, unsigned burst = 0);
    /// Requires a name and a password from visitors (HTTP Basic). `hash` is the password's, as `htpasswd -B` or
    /// crypt(3) with bcrypt, yescrypt or SHA-512 makes it: the server never gets the password from its client. For
    /// HTTP.
    FERROTUNNEL_EXPORT static ServicePlugin basic_auth(const std::string& user, const std::string& hash);

    /// The server's name of the type: "ip-filter".
    std::string type{};
    /// Its settings, as JSON or YAML: "{allow: 10.0.0.0/8}". Empty: none.
    std::string settings{};

    friend bool operator==(const ServicePlugin&, const ServicePlugin&) = default;
};

}  // namespace ferrotunnel
