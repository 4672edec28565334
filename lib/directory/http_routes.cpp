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

HttpRoutes::Found HttpRoutes::find_at(const Place& place) const noexcept {
    if (place.form == exact && place.key == "*") {
        return {default_.get(), nullptr};
    }
    const std::size_t hash = hash_(place.key);
    const auto& branch = hosts_[place.form][branch_of(hash)];
    const Leaves* leaves = branch ? (*branch)[leaves_of(hash)].get() : nullptr;
    if (leaves == nullptr) {
        return {};
    }
    for (const Leaf& leaf : leaves->hosts) {
        if (leaf.hash == hash && place_of(leaf.host->pattern).key == place.key) {
            return {leaf.host.get(), nullptr};
        }
    }
    return {nullptr, place.form == exact ? leaves->remote.find(hash, place.key) : nullptr};
}

HttpRoutes::Host HttpRoutes::Found::copy(const std::string& pattern) const {
    if (host != nullptr) {
        return *host;
    }
    Host made{pattern, {}, {}, {}, nullptr, {}};
    if (remote != nullptr) {
        const RemoteTarget& target = *remote->target;
        made.routes.push_back(
            {{}, nullptr, {}, false, false, {target.service, target.offline_since, remote->owner, true}});
    }
    return made;
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

void HttpRoutes::erase(std::vector<Leaf>& leaves, std::size_t hash, std::string_view key) noexcept {
    const auto at = std::find_if(leaves.begin(), leaves.end(), [&](const Leaf& leaf) {
        return leaf.hash == hash && place_of(leaf.host->pattern).key == key;
    });
    if (at != leaves.end()) {
        *at = std::move(leaves.back());
        leaves.pop_back();
    }
}

// Replaces the host at `place`, or removes it if `host` is null. Other states of the routes are not affected.
void HttpRoutes::put(const Place& place, HostPtr host) {
    const std::size_t hash = hash_(place.key);
    std::shared_ptr<Leaves>& leaves = own_part(hosts_[place.form][branch_of(hash)])[leaves_of(hash)];
    Leaves& own = own_part(leaves);
    own.remote.erase(hash, place.key);
    erase(own.hosts, hash, place.key);
    if (host) {
        own.hosts.reserve(own.hosts.size() + 1);  // no more: there are thousands of such vectors
        own.hosts.push_back({hash, std::move(host)});
    }
    if (own.hosts.empty() && own.remote.empty()) {
        leaves = nullptr;
    }
}

// The same for an exact host that only other members have as a whole.
void HttpRoutes::put_remote(const Place& place, const Remote& remote, IntrusivePtr<const RemoteTarget>& target) {
    const std::size_t hash = hash_(place.key);
    Leaves& own = own_part(own_part(hosts_[place.form][branch_of(hash)])[leaves_of(hash)]);
    if (!target || !target->is(remote.service, remote.offline_since)) {
        target = own.remote.target(remote.service, remote.offline_since);
    }
    own.remote.put(hash, place.key, remote.owner, target);
    erase(own.hosts, hash, place.key);
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
HttpRoutes::Found HttpRoutes::known_host_for(std::string_view host, TimePoint now) const noexcept {
    const Found found = nearest_host_for(host, now);
    const bool is_by_pattern = found.host != nullptr && found.host->pattern != host;
    return is_by_pattern && !rules_->may_see(found.host->holder, host) ? Found{} : found;
}

HttpRoutes::Found HttpRoutes::nearest_host_for(std::string_view host, TimePoint now) const noexcept {
    auto known = [&](const Place& place) {
        const Found found = find_at(place);
        return is_known(found, now) ? found : Found{};
    };
    if (const Found found = known({exact, host})) {
        return found;
    }
    const bool name = is_host_name(host);
    Form form = one_label;
    for (std::size_t dot = host.find('.'); name && dot != std::string_view::npos; dot = host.find('.', dot + 1)) {
        const std::string_view rest = host.substr(dot + 1);
        if (form == one_label) {
            if (const Found found = known({one_label, rest})) {
                return found;
            }
            form = any_labels;
        }
        if (const Found found = known({any_labels, rest})) {
            return found;
        }
    }
    return known({exact, "*"});
}

namespace {

// The result for a path, but for where it leads to.
HttpMatch match_of(const routes::RouteMatch& found, std::string_view pattern) noexcept {
    HttpMatch match{HttpMatch::Kind::unknown_path, nullptr, pattern};
    switch (found.outcome) {
        case routes::RouteOutcome::bad_path:
            match.kind = HttpMatch::Kind::bad_path;
            match.fault = found.fault;
            break;
        case routes::RouteOutcome::ambiguous_path:
            match.kind = HttpMatch::Kind::ambiguous_path;
            break;
        case routes::RouteOutcome::found:
        case routes::RouteOutcome::unknown_host:
        case routes::RouteOutcome::unknown_path:
            break;
    }
    return match;
}

HttpMatch match_to(HttpService* service, std::string_view pattern, TimePoint offline_since) noexcept {
    return {service != nullptr ? HttpMatch::Kind::service : HttpMatch::Kind::offline, service, pattern, offline_since};
}

}  // namespace

HttpMatch HttpRoutes::match(const Host& host, std::string_view path, routes::LookupSteps* steps) const noexcept {
    if (!host.paths) {
        return HttpMatch{};  // the host is registered only for TLS
    }
    const routes::RouteMatch found = host.paths->find("x", path, steps);
    if (!found) {
        return match_of(found, host.pattern);
    }
    const Route& route = host.routes[found.value];
    return match_to(route.target(), host.pattern, route.waits_since());
}

HttpMatch HttpRoutes::match(const RemoteLeaf::Host& host, std::string_view path,
                            routes::LookupSteps* steps) const noexcept {
    const routes::RouteMatch found = all_paths_->find("x", path, steps);
    const RemoteTarget& target = *host.target;
    return found ? match_to(target.service.get(), host.name.view(), target.offline_since)
                 : match_of(found, host.name.view());
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
    const Found found = known_host_for(host, now);
    const HttpMatch known = match(found, path, path_steps);
    return known.kind != HttpMatch::Kind::service && is_learning(now) ? while_learning(found, known) : known;
}

HttpMatch HttpRoutes::find_known(std::string_view host, std::string_view path, TimePoint now) const noexcept {
    return match(known_host_for(host, now), path, nullptr);
}

HttpMatch HttpRoutes::match(const Found& found, std::string_view path, routes::LookupSteps* steps) const noexcept {
    return found.host != nullptr     ? match(*found.host, path, steps)
           : found.remote != nullptr ? match(*found.remote, path, steps)
                                     : HttpMatch{};
}

// A member may have it that has not reported yet, also what was known before the start, without a client.
HttpMatch HttpRoutes::while_learning(const Found& found, const HttpMatch& known) const noexcept {
    if (found.host != nullptr && !found.host->paths) {
        return known;  // a host for TLS alone, whose visitor came before it was known
    }
    switch (known.kind) {
        case HttpMatch::Kind::unknown_host:
        case HttpMatch::Kind::unknown_path:
        case HttpMatch::Kind::offline:
            return {HttpMatch::Kind::offline, nullptr, known.host_pattern,
                    std::max(known.offline_since, learning_since_)};
        case HttpMatch::Kind::service:
        case HttpMatch::Kind::bad_path:
        case HttpMatch::Kind::ambiguous_path:
            break;
    }
    return known;
}

HttpSuccessor HttpRoutes::find_successor(const HttpService& service) const noexcept {
    const HttpDescription& wanted = service.description();
    if (wanted.forwards) {
        return {};  // it has no name of its own: the request's host and path decide again
    }
    const Found host = find_at(place_of(wanted.hosts.front()));
    HttpService* next = nullptr;
    if (host.remote != nullptr && !wanted.passthrough && wanted.path == http::PathRule{}) {
        next = host.remote->target->service.get();
    } else if (host.host != nullptr) {
        const auto found = std::find_if(host.host->routes.begin(), host.host->routes.end(),
                                        [&](const Route& route) { return route.is_for(wanted); });
        next = found != host.host->routes.end() ? found->target() : nullptr;
    }
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
    const Host* found = has_passthrough() ? known_host_for(name, now).host : nullptr;
    if (found == nullptr || !found->passthrough || !is_known(found->routes[*found->passthrough], now)) {
        return {};
    }
    const auto& route = found->routes[*found->passthrough];
    HttpService* service = route.target();
    const TimePoint since = is_learning(now) ? std::max(route.waits_since(), learning_since_) : route.waits_since();
    return {service != nullptr ? TlsMatch::Kind::service : TlsMatch::Kind::offline, service, since};
}

}  // namespace ferrotunnel::directory
