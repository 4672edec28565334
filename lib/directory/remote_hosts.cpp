#include "directory/remote_hosts.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "directory/claim_name.hpp"
#include "http/host_pattern.hpp"

namespace ferrotunnel::directory {
namespace {

template <typename Routes>
auto find_named(Routes& routes, const HttpDescription& name) {
    return std::find_if(routes.begin(), routes.end(), [&](const auto& route) { return route.is_for(name); });
}

bool has_expression(const http::PathRule& path) noexcept {
    return path.kind == http::PathRule::Kind::regex;
}

}  // namespace

std::optional<HttpDescription> RemoteHosts::read(const RemoteHost& name) {
    HttpDescription description;
    if (name.path == tls_instead_of_path) {
        return read_tls_part({{name.host}}, description) ? std::nullopt : std::optional(std::move(description));
    }
    const auto pattern = http::parse_host_pattern(name.host);
    if (!pattern) {
        return std::nullopt;
    }
    description.hosts.push_back(pattern->text());
    if (name.path.starts_with("~ ")) {
        description.path = {http::PathRule::Kind::regex, name.path.substr(2)};
        return description;
    }
    auto path = read_http_path(name.path);
    if (!path) {
        return std::nullopt;
    }
    description.path = std::move(*path);
    return description;
}

bool RemoteHosts::has_room(const HttpRoutes::Host& host, const HttpDescription& description) const {
    const auto count = [&](bool expressions_only) {
        return static_cast<std::size_t>(
            std::count_if(host.routes.begin(), host.routes.end(), [&](const HttpRoutes::Route& route) {
                return route.remote.is_there && (!expressions_only || has_expression(route.path));
            }));
    };
    return count(false) < limits::remote_paths_per_host_max &&
           (!has_expression(description.path) ||
            (count(true) < limits::remote_path_regexes_per_host_max && expressions_ < limits::remote_path_regexes_max));
}

bool RemoteHosts::add(HttpRoutes::Host& host, HttpDescription description, const RemoteHost& name, TimePoint now) {
    auto route = find_named(host.routes, description);
    const bool is_new = route == host.routes.end();
    if ((is_new || !route->remote.is_there) && !has_room(host, description)) {
        return false;
    }
    if (is_new) {
        if (has_expression(description.path)) {  // once: routes share it
            auto compiled = read_http_path(name.path);
            if (!compiled) {
                return false;
            }
            description.path = std::move(*compiled);
        }
        host.routes.push_back({std::move(description.path), nullptr, {}, description.passthrough, false, {}});
        route = std::prev(host.routes.end());
    }
    HttpRoutes::Remote& remote = route->remote;
    expressions_ += !remote.is_there && has_expression(route->path) ? 1U : 0U;
    if (name.service == nullptr && (!remote.is_there || remote.service != nullptr)) {
        remote.offline_since = now;  // visitors wait from now on, however often that is repeated
    }
    remote.service = name.service;
    remote.owner = name.owner;
    remote.is_there = true;
    return true;
}

void RemoteHosts::remove(HttpRoutes::Host& host, const HttpDescription& description) {
    const auto route = find_named(host.routes, description);
    if (route == host.routes.end() || !route->remote.is_there) {
        return;
    }
    expressions_ -= has_expression(route->path) ? 1U : 0U;
    route->remote = {};
    if (!route->own) {
        host.routes.erase(route);
    }
}

std::shared_ptr<HttpService> RemoteHosts::service(std::vector<std::shared_ptr<HttpCarrier>> carriers,
                                                  std::uint64_t serial) {
    if (carriers.empty()) {
        return nullptr;
    }
    CarrierIds ids;
    for (const auto& carrier : carriers) {
        ids.push_back(carrier->carrier_id());
    }
    std::sort(ids.begin(), ids.end());
    if (const auto known = services_.find(ids); known != services_.end()) {
        if (auto service = known->second.lock()) {
            return service;
        }
    }
    std::erase_if(services_, [](const auto& one) { return one.second.expired(); });
    HttpDescription description;
    description.forwards = true;
    description.per_visitor = true;
    auto service = std::make_shared<HttpService>(serial, std::move(description), ClientId{}, 1);
    service->with_carriers([&](auto& list) {
        for (auto& carrier : carriers) {
            (void)list.add(std::move(carrier), 0);
        }
    });
    services_.emplace(std::move(ids), service);
    return service;
}

}  // namespace ferrotunnel::directory
