// Which HTTP service a request meets, and what becomes of it there, found without a server: what `ferrotunnel route`
// prints. docs/http.md, "Routing", has the rules.
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

namespace ferrotunnel {

struct HttpRoute {
    enum class Outcome : std::uint8_t {
        backend,   ///< it is passed on to what is behind the service
        redirect,  ///< the edge answers for the service: `status` and `location`
        page,      ///< the edge answers with an error: `status` and `code`
    };

    Outcome outcome = Outcome::page;
    /// Which of the services; of `page` none.
    std::size_t service = 0;
    std::uint16_t status = 0;
    /// What X-FerroTunnel-Error says: "unknown_host".
    std::string code{};
    std::string location{};
    /// Sentences: which rule is met and why the others are not, in the order in which the server decides.
    std::vector<std::string> why{};
    /// Of `backend`: the head that it gets, line by line, without what the visitor's program adds.
    std::vector<std::string> request{};
    /// Sentences: what else the service's rules and limits do to such a request and to its answer.
    std::vector<std::string> notes{};
};

/// `services`: all that the server has; those whose host it assigns are left out, since nobody knows it here. `url`:
/// "https://app.example.com/api?x=1", without a scheme http. Throws config_error when the URL, the method or one of the
/// services can not be right.
FERROTUNNEL_EXPORT HttpRoute find_route(const std::vector<Http>& services, std::string_view url,
                                        std::string_view method = "GET");

}  // namespace ferrotunnel
