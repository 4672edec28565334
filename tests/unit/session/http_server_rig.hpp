// A server that has a port for HTTP without TLS, and what its edge would find there.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/session/server_rig.hpp"

namespace ferrotunnel::session::test {

/// Accepts a second token, "two". `domain`: below which it assigns hosts; empty: it does not.
struct HttpRig : ServerRig {
    explicit HttpRig(std::string domain = {}) {
        auto both = std::make_shared<std::vector<login::AcceptedToken>>(2, shared->tokens.get()->front());
        both->back().name = "two";
        both->back().token = other_token;
        shared->tokens = std::move(both);
        shared->http_public = HttpPublic{"http", 8080};
        shared->domain = std::move(domain);
    }

    directory::HttpMatch find(std::string_view host, std::string_view path = "/") {
        routes = shared->http->routes();
        return routes->find(host, path, Clock::now());
    }
    void wait_until_away(std::string_view host) {
        while (find(host).kind == directory::HttpMatch::Kind::service) {
            on(worker, [] {});
        }
    }

    const login::Token other_token = new_token();
    std::shared_ptr<const directory::HttpRoutes> routes;
};

}  // namespace ferrotunnel::session::test
