// One state of the directory's routes: maps a host and path to a service. Sessions change them in http_directory.cpp.
#include <algorithm>
#include <iterator>

#include "base/check.hpp"
#include "directory/http_routes.hpp"

namespace ferrotunnel::directory {

HttpRoutes::Place HttpRoutes::place_of(std::string_view pattern) noexcept {
    if (pattern.starts_with("**.")) {
        return {any_labels, pattern.substr(3)};
    }
    if (pattern.starts_with("*.")) {
        return {one_label, pattern.substr(2)};
    }
    return {exact, pattern};
}

const HttpRoutes::Host* HttpRoutes::host_at(const Place& place) const noexcept {
    if (place.form == exact && place.key == "*") {
        return default_.get();
    }
    const std::size_t hash = hash_(place.key);
    const auto& branch = hosts_[place.form][branch_of(hash)];
    const Leaves* leaves = branch ? (*branch)[leaves_of(hash)].get() : nullptr;
    if (leaves == nullptr) {
        return nullptr;
    }
    for (const Leaf& leaf : *leaves) {
        if (leaf.hash == hash && place_of(leaf.host->pattern).key == place.key) {
            return leaf.host.get();
        }
    }
    return nullptr;
}

// The part of a tree that this state alone has: a copy, unless an earlier put() of the same change has made one. What
// the present state has as well has more than one reference, and other threads get references to that only.
template <typename Part>
Part& HttpRoutes::own_part(std::shared_ptr<Part>& part) {
    if (part == nullptr || part.use_count() != 1) {
        part = part != nullptr ? std::make_shared<Part>(*part) : std::make_shared<Part>();
    }
    return *part;
}

// Replaces the host at `place`, or removes it if `host` is null. Other states of the routes are not affected.
void HttpRoutes::put(const Place& place, HostPtr host) {
    const std::size_t hash = hash_(place.key);
    std::shared_ptr<Leaves>& leaves = own_part(hosts_[place.form][branch_of(hash)])[leaves_of(hash)];
    Leaves& own = own_part(leaves);
    const auto at = std::find_if(own.begin(), own.end(), [&](const Leaf& leaf) {
        return leaf.hash == hash && place_of(leaf.host->pattern).key == place.key;
    });
    if (at != own.end() && host) {
        at->host = std::move(host);
    } else if (at != own.end()) {
        *at = std::move(own.back());
        own.pop_back();
    } else if (host) {
        own.reserve(own.size() + 1);  // no more: there are thousands of such vectors
        own.push_back({hash, std::move(host)});
    }
    if (own.empty()) {
        leaves = nullptr;
    }
}

bool HttpRoutes::is_known(const Route& route, TimePoint now) const noexcept {
    return is_own_known(route, now) || route.remote.is_there;
}

bool HttpRoutes::is_own_known(const Route& route, TimePoint now) const noexcept {
    return route.service != nullptr || (route.own && now - route.offline_since < known_for_);
}

bool HttpRoutes::is_known(const Host& host, TimePoint now) const noexcept {
    return std::any_of(host.routes.begin(), host.routes.end(),
                       [&](const Route& route) { return is_known(route, now); });
}

// A pattern does not match hosts to which other tokens have the more specific right.
const HttpRoutes::Host* HttpRoutes::known_host_for(std::string_view host, TimePoint now) const noexcept {
    const Host* found = nearest_host_for(host, now);
    const bool is_by_pattern = found != nullptr && found->pattern != host;
    return is_by_pattern && !rules_->may_see(found->holder, host) ? nullptr : found;
}

const HttpRoutes::Host* HttpRoutes::nearest_host_for(std::string_view host, TimePoint now) const noexcept {
    auto known = [&](const Place& place) {
        const Host* found = host_at(place);
        return found != nullptr && is_known(*found, now) ? found : nullptr;
    };
    if (const Host* found = known({exact, host})) {
        return found;
    }
    const bool name = is_host_name(host);
    Form form = one_label;
    for (std::size_t dot = host.find('.'); name && dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
        const std::string_view rest = host.substr(dot + 1);
        if (form == one_label) {
            if (const Host* found = known({one_label, rest})) {
                return found;
            }
            form = any_labels;
        }
        if (const Host* found = known({any_labels, rest})) {
            return found;
        }
    }
    return known({exact, "*"});
}

HttpMatch HttpRoutes::match(const Host& host, std::string_view path, routes::LookupSteps* steps) const noexcept {
    if (!host.paths) {
        return HttpMatch{};  // the host is registered only for TLS
    }
    const routes::RouteMatch found = host.paths->find("x", path, steps);
    HttpMatch match{HttpMatch::Kind::unknown_path, nullptr, host.pattern};
    switch (found.outcome) {
        case routes::RouteOutcome::found:
            match.service = host.routes[found.value].target();
            match.kind = match.service != nullptr ? HttpMatch::Kind::service : HttpMatch::Kind::offline;
            match.offline_since = host.routes[found.value].waits_since();
            break;
        case routes::RouteOutcome::bad_path:
            match.kind = HttpMatch::Kind::bad_path;
            match.fault = found.fault;
            break;
        case routes::RouteOutcome::ambiguous_path:
            match.kind = HttpMatch::Kind::ambiguous_path;
            break;
        case routes::RouteOutcome::unknown_host:
        case routes::RouteOutcome::unknown_path:
            break;
    }
    return match;
}

login::TokenId HttpRoutes::holder_of(const Host& host) noexcept {
    const Route* remote = nullptr;
    for (const Route& route : host.routes) {
        if (route.service != nullptr) {
            return host.owner;
        }
        if (route.remote.is_there && (remote == nullptr || remote->remote.service == nullptr)) {
            remote = &route;
        }
    }
    return remote != nullptr ? remote->remote.owner : host.owner;
}

std::size_t HttpRoutes::own_expressions(const Host& host) noexcept {
    return static_cast<std::size_t>(std::count_if(host.routes.begin(), host.routes.end(), [](const Route& route) {
        return route.own && route.path.kind == http::PathRule::Kind::regex;
    }));
}

// Builds a table for this host only, so that a change costs what one host costs. Its expressions are compiled already,
// and are shared. Those that only other members have get what own ones leave of the limit, which bounds what a request
// costs.
void HttpRoutes::build(Host& host, std::uint64_t seed) const {
    std::vector<routes::Route> routes;
    host.passthrough.reset();
    host.paths.reset();
    host.holder = holder_of(host);
    std::size_t expressions = own_expressions(host);
    for (std::size_t place = 0; place < host.routes.size(); ++place) {
        const Route& route = host.routes[place];
        const bool is_other_expression = !route.own && route.path.kind == http::PathRule::Kind::regex;
        if (route.passthrough) {
            host.passthrough = place;
        } else if (!is_other_expression || expressions++ < limits::http_path_regexes_per_host_max) {
            routes.push_back({{}, route.path, static_cast<std::uint32_t>(place), {}});
        }
    }
    if (routes.empty()) {
        return;
    }
    if (host.routes.size() == 1 && routes.front().path == http::PathRule{}) {
        host.paths = all_paths_;
        return;
    }
    auto built = routes::RouteTable::build(std::move(routes), seed);
    check(static_cast<bool>(built), "the paths of a host were checked, and each stands there once");
    host.paths = std::make_shared<const routes::RouteTable>(std::move(*built));
}

HttpMatch HttpRoutes::find(std::string_view host, std::string_view path, TimePoint now,
                           routes::LookupSteps* path_steps) const noexcept {
    const Host* found = known_host_for(host, now);
    if (found == nullptr && is_learning(now)) {
        return {HttpMatch::Kind::offline, nullptr, {}, learning_since_};
    }
    return found != nullptr ? match(*found, path, path_steps) : HttpMatch{};
}

HttpSuccessor HttpRoutes::find_successor(const HttpService& service) const noexcept {
    const HttpDescription& wanted = service.description();
    if (wanted.forwards) {
        return {};  // it has no name of its own: the request's host and path decide again
    }
    const Host* const host = host_at(place_of(wanted.hosts.front()));
    if (host == nullptr) {
        return {};
    }
    const auto found = std::find_if(host->routes.begin(), host->routes.end(),
                                    [&](const Route& route) { return route.is_for(wanted); });
    HttpService* const next = found != host->routes.end() ? found->target() : nullptr;
    if (next == nullptr || next == &service) {
        return {};
    }
    const HttpDescription& there = next->description();
    const bool is_same = !there.forwards && there.rules == wanted.rules && there.limits == wanted.limits &&
                         there.per_visitor == wanted.per_visitor && !there.asked.has_plugins() &&
                         !wanted.asked.has_plugins();
    return is_same ? HttpSuccessor{HttpSuccessor::Kind::same, next} : HttpSuccessor{HttpSuccessor::Kind::other};
}

TlsMatch HttpRoutes::find_tls(std::string_view name, TimePoint now) const noexcept {
    const Host* found = has_passthrough() ? known_host_for(name, now) : nullptr;
    if (found == nullptr || !found->passthrough || !is_known(found->routes[*found->passthrough], now)) {
        return {};
    }
    const auto& route = found->routes[*found->passthrough];
    HttpService* service = route.target();
    return {service != nullptr ? TlsMatch::Kind::service : TlsMatch::Kind::offline, service, route.waits_since()};
}

}  // namespace ferrotunnel::directory
