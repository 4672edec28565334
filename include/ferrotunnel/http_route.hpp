// Finds, without a server, the HTTP service that a request matches and its outcome; `ferrotunnel route` prints this.
// docs/http.md, "Routing", has the rules.
//
//    auto route = ferrotunnel::find_route(services, "https://app.example.com/api/users?x=1");
//    for (const std::string& line : route.why) { std::puts(line.c_str()); }
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/export.hpp"
#include "ferrotunnel/http.hpp"
#include "ferrotunnel/plugin_use.hpp"

namespace ferrotunnel {

/// A request for find_route().
struct HttpRouteRequest {
    std::string url;  ///< as below
    std::string method = "GET";
    std::vector<HttpField> headers{};
    /// The visitor's IP address.
    std::string visitor = "127.0.0.1";
};

/// Whether a plugin of the server's chain runs for a request.
struct HttpRoutePlugin {
    enum class Runs : std::uint8_t {
        yes,
        no,
        depends,  ///< on notes that earlier plugins set
    };

    std::string plugin{};  ///< its id, or else its type
    Runs runs = Runs::yes;
    std::string why{};  ///< a part of a sentence: "its paths do not have `/api`"
};

/// The outcome of a request, as found by find_route().
struct HttpRoute {
    enum class Outcome : std::uint8_t {
        backend,   ///< the request is forwarded to the backend of the service
        redirect,  ///< the edge responds for the service: `status` and `location`
        page,      ///< the edge responds with an error: `status` and `code`
    };

    Outcome outcome = Outcome::page;
    /// The index of the matching service; not meaningful for `page`.
    std::size_t service = 0;
    std::uint16_t status = 0;
    /// The value of X-FerroTunnel-Error: "unknown_host".
    std::string code{};
    std::string location{};
    /// Sentences that explain which rule matches and why others do not, in the order in which the server decides.
    std::vector<std::string> why{};
    /// For `backend`: the request head that the backend receives, line by line, without the fields of the visitor's
    /// program.
    std::vector<std::string> request{};
    /// Sentences about other effects of the service's rules and limits on such a request and its response.
    std::vector<std::string> notes{};
    /// For `backend`, with the overload for plugins: one entry for each plugin of the chain, in its order.
    std::vector<HttpRoutePlugin> plugins{};
};

/// Finds the outcome of a request with this URL and method. `services` are all services of the server; those whose host
/// the server assigns are ignored, since that host is not known here. `url` is like "https://app.example.com/api?x=1";
/// without a scheme it is http. Throws config_error if the URL, the method or one of the services is invalid.
FERROTUNNEL_EXPORT HttpRoute find_route(const std::vector<Http>& services, std::string_view url,
                                        std::string_view method = "GET");

/// Like the function above, with fields and with the chain of the server: finds which of `plugins` run, by their hosts,
/// paths, services and conditions. No plugin is called, so responses of plugins, and notes that they set, are not
/// considered. Throws config_error also for an invalid field, visitor's address, or scope or condition of a plugin.
FERROTUNNEL_EXPORT HttpRoute find_route(const std::vector<Http>& services, const HttpRouteRequest& request,
                                        const std::vector<PluginUse>& plugins);

}  // namespace ferrotunnel
