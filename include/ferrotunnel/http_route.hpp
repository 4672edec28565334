// Finds, without a server, which HTTP service a request meets and what becomes of it there; `ferrotunnel route` prints
// this. docs/http.md, "Routing", has the rules.
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

/// A request as find_route() is asked about it.
struct HttpRouteRequest {
    std::string url;  ///< as below
    std::string method = "GET";
    std::vector<HttpField> headers{};
    /// The address that the visitor comes from.
    std::string visitor = "127.0.0.1";
};

/// Whether a plugin of the server's chain runs for a request.
struct HttpRoutePlugin {
    enum class Runs : std::uint8_t {
        yes,
        no,
        depends,  ///< on notes, which plugins before it set
    };

    std::string plugin{};  ///< its id, else its type
    Runs runs = Runs::yes;
    std::string why{};  ///< a part of a sentence: "its paths do not have `/api`"
};

/// What becomes of a request, as find_route() tells it.
struct HttpRoute {
    enum class Outcome : std::uint8_t {
        backend,   ///< the request is passed on to the backend of the service
        redirect,  ///< the edge answers for the service: `status` and `location`
        page,      ///< the edge answers with an error: `status` and `code`
    };

    Outcome outcome = Outcome::page;
    /// The index of the service that is met; for `page` none is.
    std::size_t service = 0;
    std::uint16_t status = 0;
    /// The value of X-FerroTunnel-Error: "unknown_host".
    std::string code{};
    std::string location{};
    /// Sentences that say which rule is met and why the others are not, in the order in which the server decides.
    std::vector<std::string> why{};
    /// For `backend`: the head that the backend gets, line by line, without what the visitor's program adds.
    std::vector<std::string> request{};
    /// Sentences that say what else the service's rules and limits do to such a request and to its answer.
    std::vector<std::string> notes{};
    /// For `backend`, of the form with plugins: the chain in its order, one entry for each.
    std::vector<HttpRoutePlugin> plugins{};
};

/// Finds what becomes of a request with this URL and method. `services` are all that the server has; those whose host
/// the server assigns are left out, since that host is not known here. `url` is like "https://app.example.com/api?x=1";
/// without a scheme it is http. Throws config_error when the URL, the method or one of the services cannot be right.
FERROTUNNEL_EXPORT HttpRoute find_route(const std::vector<Http>& services, std::string_view url,
                                        std::string_view method = "GET");

/// The same with fields, and with the chain of the server: which of `plugins` run, by their hosts, paths, services and
/// conditions. Nothing of them is called. A plugin that answers, or sets notes that others look at, is not known here.
/// Throws config_error also for what is wrong with a field, the visitor's address, or where and when a plugin runs.
FERROTUNNEL_EXPORT HttpRoute find_route(const std::vector<Http>& services, const HttpRouteRequest& request,
                                        const std::vector<PluginUse>& plugins);

}  // namespace ferrotunnel
