// Explains which plugins of a chain run for a request: a part of find_route().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/http_route.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "http/head.hpp"
#include "plugin/instance.hpp"

namespace ferrotunnel::detail {

struct RouteFacts {
    const http::RequestHead& head;
    std::string_view host;  // in normal form
    std::string_view service;
    std::string_view visitor;
    bool https = false;
};

class RoutePlugins {
public:
    /// Throws config_error if a scope or a condition is invalid.
    explicit RoutePlugins(const std::vector<PluginUse>& uses);

    /// Adds the outcome for the request: the plugins that run, or an error page if that is not decidable.
    void explain(const RouteFacts& facts, HttpRoute& route) const;

private:
    std::vector<plugin::InstanceOptions> chain_;
};

}  // namespace ferrotunnel::detail
