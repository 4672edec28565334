// Names that clients of other members of a cluster have. They come from those members, so each text is parsed like one
// of a client, and what they may need is bounded.
#include <algorithm>
#include <utility>

#include "base/mutex.hpp"
#include "directory/http_directory_change.hpp"
#include "http/host_pattern.hpp"

namespace ferrotunnel::directory {
namespace {

// The name as a description that only names it. An expression is not compiled: a route that exists has it compiled.
std::optional<HttpDescription> read_remote_name(const RemoteHost& name) {
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

template <typename Routes>
auto find_named(Routes& routes, const HttpDescription& name) {
    return std::find_if(routes.begin(), routes.end(), [&](const auto& route) { return route.is_for(name); });
}

bool has_expression(const http::PathRule& path) noexcept {
    return path.kind == http::PathRule::Kind::regex;
}

}  // namespace

std::shared_ptr<HttpService> HttpDirectory::remote_service(std::vector<std::shared_ptr<HttpCarrier>> carriers) {
    if (carriers.empty()) {
        return nullptr;
    }
    CarrierIds ids;
    for (const auto& carrier : carriers) {
        ids.push_back(carrier->carrier_id());
    }
    std::sort(ids.begin(), ids.end());
    const MutexLock lock(mutex_);
    if (const auto known = remote_services_.find(ids); known != remote_services_.end()) {
        if (auto service = known->second.lock()) {
            return service;
        }
    }
    std::erase_if(remote_services_, [](const auto& one) { return one.second.expired(); });
    HttpDescription description;
    description.forwards = true;
    description.per_visitor = true;
    auto service = std::make_shared<HttpService>(++last_serial_, std::move(description), ClientId{}, 1);
    service->with_carriers([&](auto& list) {
        for (auto& carrier : carriers) {
            list.add(std::move(carrier), 0);
        }
    });
    remote_services_.emplace(std::move(ids), service);
    return service;
}

std::size_t HttpDirectory::set_remote(const std::vector<RemoteHost>& hosts, TimePoint now) {
    if (hosts.empty()) {
        return 0;
    }
    const MutexLock lock(mutex_);
    Change change(*this);
    std::size_t ignored = 0;
    for (const RemoteHost& name : hosts) {
        const bool is_there = name.service != nullptr || name.is_known;
        const bool done = is_there ? add_remote(change, name, now) : remove_remote(change, name);
        ignored += done ? 0U : 1U;
    }
    change.commit(false);  // no name of an own client has changed
    return ignored;
}

bool HttpDirectory::has_remote_room(const HttpRoutes::Host& host, const HttpDescription& description) const {
    const auto count = [&](bool expressions_only) {
        return static_cast<std::size_t>(
            std::count_if(host.routes.begin(), host.routes.end(), [&](const HttpRoutes::Route& route) {
                return route.remote.is_there && (!expressions_only || has_expression(route.path));
            }));
    };
    return count(false) < limits::remote_paths_per_host_max &&
           (!has_expression(description.path) || (count(true) < limits::remote_path_regexes_per_host_max &&
                                                  remote_expressions_ < limits::remote_path_regexes_max));
}

// False if the name is not valid, or there is no room for it.
bool HttpDirectory::add_remote(Change& change, const RemoteHost& name, TimePoint now) {
    std::optional<HttpDescription> description = read_remote_name(name);
    if (!description) {
        return false;
    }
    HttpRoutes::Host& host = change.host(description->hosts.front());
    auto route = find_named(host.routes, *description);
    const bool is_new = route == host.routes.end();
    if ((is_new || !route->remote.is_there) && !has_remote_room(host, *description)) {
        return false;
    }
    if (is_new) {
        if (has_expression(description->path)) {
            auto compiled = read_http_path(name.path);
            if (!compiled) {
                return false;
            }
            description->path = std::move(*compiled);
        }
        host.routes.push_back({std::move(description->path), nullptr, {}, description->passthrough, false, {}});
        route = std::prev(host.routes.end());
    }
    HttpRoutes::Remote& remote = route->remote;
    remote_expressions_ += !remote.is_there && has_expression(route->path) ? 1U : 0U;
    if (name.service == nullptr && (!remote.is_there || remote.service != nullptr)) {
        remote.offline_since = now;  // visitors wait from now on, however often that is repeated
    }
    remote.service = name.service;
    remote.owner = name.owner;
    remote.is_there = true;
    return true;
}

// False if the name is not valid. One that is not there is fine.
bool HttpDirectory::remove_remote(Change& change, const RemoteHost& name) {
    const std::optional<HttpDescription> description = read_remote_name(name);
    if (!description) {
        return false;
    }
    HttpRoutes::Host& host = change.host(description->hosts.front());
    const auto route = find_named(host.routes, *description);
    if (route == host.routes.end() || !route->remote.is_there) {
        return true;
    }
    remote_expressions_ -= has_expression(route->path) ? 1U : 0U;
    route->remote = {};
    if (!route->own) {
        host.routes.erase(route);
    }
    return true;
}

}  // namespace ferrotunnel::directory
