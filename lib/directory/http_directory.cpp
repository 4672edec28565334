#include "directory/http_directory.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/check.hpp"
#include "directory/http_directory_change.hpp"

namespace ferrotunnel::directory {

namespace {

Refusal not_yours(const std::string& host) {
    return {wire::Code::name_taken,
            ClaimName(host, "/").text() +
                " belongs to another token, even while its client is disconnected. Choose another "
                "host."};
}

Refusal below_anothers(const std::string& host) {
    return {wire::Code::name_taken,
            ClaimName(host, "/").text() +
                " is below a pattern that belongs to another token, so this token needs a right to "
                "it. Choose another host, or ask the server's operator to allow it."};
}

Refusal too_many_paths(const std::string& host) {
    return {wire::Code::limit, "The host " + host + " has " + std::to_string(limits::http_paths_per_host_max) +
                                   " services with different paths, the maximum. Use another host."};
}

Refusal too_many_expressions(const std::string& host) {
    return {wire::Code::limit,
            "The host " + host + " has " + std::to_string(limits::http_path_regexes_per_host_max) +
                " services with a regular expression for their path, the maximum. Use a prefix, like /api, "
                "or another host."};
}

}  // namespace

HttpDirectory::HttpDirectory(const Settings& settings) : settings_(settings) {
    auto routes = std::make_shared<HttpRoutes>();
    routes->known_for_ = settings.known_for;
    routes->hash_ = {NameHasher(settings.seed)};
    auto all_paths = routes::RouteTable::build({routes::Route{}}, settings.seed);
    check(static_cast<bool>(all_paths), "one path has no problem");
    routes->all_paths_ = std::make_shared<const routes::RouteTable>(std::move(*all_paths));
    routes_ = std::move(routes);
}

std::shared_ptr<const HttpRoutes> HttpDirectory::routes() const {
    const MutexLock lock(routes_mutex_);
    return routes_;
}

std::optional<Refusal> HttpDirectory::check_owner(const login::TokenId& token, const std::vector<std::string>& hosts,
                                                  TimePoint now) const {
    const MutexLock lock(mutex_);
    return owner_refusal(token, hosts, now);
}

std::optional<Refusal> HttpDirectory::owner_refusal(const login::TokenId& token, const std::vector<std::string>& hosts,
                                                    TimePoint now) const {
    for (const std::string& host : hosts) {
        if (auto refusal = routes_->rules_->refuse_host(token, host)) {
            return refusal;
        }
        const HttpRoutes::Host* known = routes_->host_at(HttpRoutes::place_of(host));
        const bool is_there = known != nullptr && routes_->is_known(*known, now);
        if (is_there && known->holder != token) {
            return not_yours(host);
        }
        if (!is_there && !routes_->rules_->names_host(token, host) && is_below_anothers(token, host, now)) {
            return below_anothers(host);
        }
    }
    return std::nullopt;
}

// Whether another token has a pattern around the host. (No token without a right has `*` where that could matter.)
bool HttpDirectory::is_below_anothers(const login::TokenId& token, const std::string& host, TimePoint now) const {
    return visit_patterns_around(host, [&](const HostPatternKey& place) {
        if (place.form != HostForm::one_label && place.form != HostForm::any_labels) {
            return false;
        }
        const auto form = place.form == HostForm::one_label ? HttpRoutes::one_label : HttpRoutes::any_labels;
        const HttpRoutes::Host* known = routes_->host_at({form, place.key});
        return known != nullptr && known->holder != token && routes_->is_known(*known, now);
    });
}

// Whether a host stays known for a token whose client is offline.
bool HttpDirectory::keeps(const RightRules& rules, const login::TokenId& owner, const std::string& host) {
    return rules.has_token(owner) && !rules.refuse_host(owner, host);
}

void HttpDirectory::set_rules(std::shared_ptr<const RightRules> rules) {
    check(rules != nullptr, "there are always rules, if only empty ones");
    const MutexLock lock(mutex_);
    apply_rules(std::move(rules));
}

void HttpDirectory::forget_unknown_owners() {
    const MutexLock lock(mutex_);
    apply_rules(routes_->rules_);
}

void HttpDirectory::apply_rules(std::shared_ptr<const RightRules> rules) {
    std::map<std::string, std::set<std::string>> paths;  // by host
    while (auto lost = offline_.take_if(
               [&rules](const OfflineHosts::Entry& one) { return !keeps(*rules, one.owner, one.host); })) {
        paths[lost->host].insert(std::move(lost->path));
    }
    Change change(*this);
    change.set_rules(std::move(rules));
    forget_paths(change, paths);
    change.commit();
}

HttpDirectory::Joined HttpDirectory::join(const ClientId& client, std::uint32_t id, const HttpDescription& description,
                                          std::shared_ptr<HttpCarrier> trunk, TimePoint now, Refusal& why,
                                          const Ended& ended, const std::optional<Membership>& membership,
                                          const CarrierHealth& health) {
    check(!description.hosts.empty(), "a service joins with its hosts");
    CarrierList<HttpCarrier>::Trunks replaced;
    Joined joined;
    {
        const MutexLock lock(mutex_);
        auto refusal = ended ? ended() : std::nullopt;
        if (!refusal) {
            refusal = owner_refusal(client.first, description.hosts, now);
        }
        if (refusal) {
            why = *refusal;
            return {};
        }
        const Key key = membership ? Key(membership->group, 0) : Key(client, id);
        auto known = services_.find(key);
        HttpDescription same = description;
        same.token_name = known != services_.end() ? known->second->description().token_name : "";  // only for logs
        // The first member of a group determines name, plugins and the backend's TLS for all.
        if (membership && known != services_.end()) {
            same.name = known->second->description().name;
            same.backend_tls = known->second->description().backend_tls;
            same.notes = known->second->description().notes;
        }
        if (known != services_.end() && known->second->description() == same) {
            joined.service = known->second;
            auto full = membership ? joined.service->with_carriers(
                                         [&](const auto& carriers) { return carriers.why_not_join(*membership); })
                                   : std::nullopt;
            if (full) {
                why = std::move(*full);
                return {};
            }
        } else if (membership && known != services_.end()) {
            why = {wire::Code::name_taken,
                   "Other members of its group have different hosts, path, rules or limits. All must be the same."};
            return {};
        } else if (known != services_.end() || is_carried(description)) {
            why = {wire::Code::name_taken, ClaimName(description.hosts.front(), description.claimed_path()).text() +
                                               " is already used by another service of this client."};
            return {};
        } else if (auto full = bound_refusal(description)) {
            why = *full;
            return {};
        } else {
            joined = {std::make_shared<HttpService>(++last_serial_, description, key.first, key.second, membership),
                      true};
        }
        replaced = joined.service->with_carriers(
            [&](auto& carriers) { return carriers.add(std::move(trunk), id, membership, health); });
        try {
            if (joined.first) {
                add_service(joined.service, now);
            }
        } catch (...) {  // otherwise it would never be left
            services_.erase(key);
            throw;
        }
        count_change();
    }
    for (const auto& yielded : replaced) {
        yielded->dropped(joined.service);
    }
    return joined;
}

// Whether a service already has one of its names.
bool HttpDirectory::is_carried(const HttpDescription& description) const {
    return std::any_of(description.hosts.begin(), description.hosts.end(), [&](const std::string& host) {
        const HttpRoutes::Host* known = routes_->host_at(HttpRoutes::place_of(host));
        return known != nullptr &&
               std::any_of(known->routes.begin(), known->routes.end(), [&](const HttpRoutes::Route& route) {
                   // A service without carriers was left by a client when memory was too short to record that here.
                   return route.service != nullptr && route.is_for(description) && !route.service->outgoing_ &&
                          route.service->is_carried();
               });
    });
}

// The refusal if a host has reached its limit of services. Those whose client is offline make room.
std::optional<Refusal> HttpDirectory::bound_refusal(const HttpDescription& description) const {
    for (const std::string& host : description.hosts) {
        const HttpRoutes::Host* known = routes_->host_at(HttpRoutes::place_of(host));
        const auto is_full = [&](const PathBound& bound) {
            const auto is_carried = [&](const auto& route) {
                return route.service != nullptr && !route.is_for(description) && bound.counts(route.path);
            };
            const auto carried = std::count_if(known->routes.begin(), known->routes.end(), is_carried);
            return bound.counts(description.path) && static_cast<std::size_t>(carried) >= bound.max;
        };
        if (known != nullptr && is_full(PathBound::of_expressions())) {
            return too_many_expressions(host);
        }
        if (known != nullptr && is_full(PathBound::of_all())) {
            return too_many_paths(host);
        }
    }
    return std::nullopt;
}

// Removes the oldest routes whose client is offline until another path fits: bound_refusal() has ensured that it can.
void HttpDirectory::make_room(HttpRoutes::Host& host, const PathBound& bound) {
    const auto is_offline = [&](const auto& route) {
        return route.own && route.service == nullptr && bound.counts(route.path);
    };
    for (std::size_t count = bound.count(host.routes); count >= bound.max; --count) {
        auto oldest = std::find_if(host.routes.begin(), host.routes.end(), is_offline);
        check(oldest != host.routes.end(), "of a host's paths, those that are carried are below the limit");
        for (auto each = oldest; each != host.routes.end(); ++each) {
            oldest = is_offline(*each) && each->offline_since < oldest->offline_since ? each : oldest;
        }
        offline_.remove({oldest->offline_since, host.owner, host.pattern, oldest->claimed_path()});
        host.remove_own([&](const HttpRoutes::Route& route) { return &route == &*oldest; });
    }
}

// Adds a service that has its first trunk: routes must not lead to one without, or a request at that moment would find
// no carrier.
void HttpDirectory::add_service(const std::shared_ptr<HttpService>& service, TimePoint now) {
    const HttpDescription& description = service->description();
    const login::TokenId& owner = service->client_.first;
    Change change(*this);
    forget(change, owner, now);
    for (const std::string& pattern : description.hosts) {
        HttpRoutes::Host& host = change.host(pattern);
        if (host.owner != owner) {
            forget_offline(host);
        }
        HttpRoutes::Remote remote;
        std::erase_if(host.routes, [&](const HttpRoutes::Route& route) REQUIRES(mutex_) {
            const bool replaced = route.is_for(description);
            if (replaced && route.service == nullptr) {
                offline_.remove({route.offline_since, host.owner, pattern, route.claimed_path()});
            }
            remote = replaced ? route.remote : remote;
            return replaced;
        });
        for (const PathBound& bound : {PathBound::of_expressions(), PathBound::of_all()}) {
            if (bound.counts(description.path)) {
                make_room(host, bound);
            }
        }
        host.owner = owner;
        host.routes.push_back({description.path, service, {}, description.passthrough, true, std::move(remote)});
    }
    services_.emplace(Key{service->client_, service->id_}, service);
    change.commit();
}

// Whether the cluster has given the host to another token than that of own clients.
bool HttpDirectory::is_anothers(const HttpRoutes::Host& host) {
    return std::any_of(host.routes.begin(), host.routes.end(), [&](const HttpRoutes::Route& route) {
        return route.remote.is_there && route.remote.owner != host.owner;
    });
}

// Forgets the host's names whose clients are offline, since another token has the host now.
bool HttpDirectory::forget_offline(HttpRoutes::Host& host) {
    const auto is_offline = [](const HttpRoutes::Route& route) { return route.own && route.service == nullptr; };
    const bool had_some = std::any_of(host.routes.begin(), host.routes.end(), is_offline);
    for (const HttpRoutes::Route& route : host.routes) {
        if (is_offline(route)) {
            offline_.remove({route.offline_since, host.owner, host.pattern, route.claimed_path()});
        }
    }
    host.remove_own(is_offline);
    if (had_some && !host.has_own()) {
        assigned_.forget(host.pattern);
    }
    return had_some;
}

// The routes of the names lead to the new service from the moment when it joins.
void HttpDirectory::handover_hosts(const std::vector<ClientId>& from, const HttpDescription& description) {
    const MutexLock lock(mutex_);
    for (const std::string& host : description.hosts) {
        const HttpRoutes::Host* known = routes_->host_at(HttpRoutes::place_of(host));
        for (std::size_t at = 0; known != nullptr && at < known->routes.size(); ++at) {
            const HttpRoutes::Route& route = known->routes[at];
            if (route.service != nullptr && route.is_for(description) &&
                std::find(from.begin(), from.end(), route.service->client_) != from.end()) {
                route.service->outgoing_ = true;
            }
        }
    }
}

void HttpDirectory::leave(HttpService& service, const HttpCarrier& trunk, TimePoint now) {
    const MutexLock lock(mutex_);
    const bool nobody_left = service.with_carriers([&trunk](auto& carriers) {
        carriers.remove(trunk);
        return carriers.empty();
    });
    if (nobody_left) {
        gone(service, now);
    }
    count_change();  // the healthy ones of several trunks may have left: some accept visitors only then
}

void HttpDirectory::set_health(HttpService& service, const HttpCarrier& trunk, const CarrierHealth& health) {
    service.with_carriers([&](auto& carriers) { carriers.set_health(trunk, health); });
    count_change();
}

void HttpDirectory::yield(HttpService& service, const HttpCarrier& trunk) {
    service.with_carriers([&trunk](auto& carriers) { carriers.set_yields(trunk); });
}

void HttpDirectory::close(HttpService& service, const HttpCarrier& trunk, TimePoint now) {
    CarrierList<HttpCarrier>::Trunks trunks;
    const std::shared_ptr<HttpService> closed = service.shared_from_this();
    {
        const MutexLock lock(mutex_);
        bool nobody_left = false;
        trunks = service.with_carriers([&](auto& carriers) {
            auto removed = carriers.remove_all_of(trunk);
            nobody_left = carriers.empty();
            return removed;
        });
        if (nobody_left) {
            gone(service, now);
        }
        count_change();
    }
    for (const auto& other : trunks) {
        if (other.get() != &trunk) {
            other->dropped(closed);
        }
    }
}

// Removes a service without carriers; its names stay known. Does nothing if this has been done already. The lock is
// held.
void HttpDirectory::gone(HttpService& service, TimePoint now) {
    auto known = services_.find({service.client_, service.id_});
    if (known == services_.end() || known->second.get() != &service) {
        return;
    }
    const std::shared_ptr<HttpService> keep = std::move(known->second);
    services_.erase(known);
    Change change(*this);
    for (const std::string& pattern : service.description().hosts) {
        HttpRoutes::Host& host = change.host(pattern);
        const bool is_kept = keeps(*routes_->rules_, host.owner, pattern) && !is_anothers(host);
        for (HttpRoutes::Route& route : host.routes) {
            if (route.service.get() == &service) {
                route.service = nullptr;
                route.offline_since = now;
                if (is_kept) {
                    offline_.add({now, host.owner, pattern, route.claimed_path()});
                }
            }
        }
        if (is_anothers(host)) {
            forget_offline(host);
        } else if (!is_kept) {
            forget_paths(change, {{pattern, {service.description().claimed_path()}}});
        }
    }
    forget(change, service.client_.first, now);
    change.commit();
}

// Forgets names that are no longer known, or are too many. Each host is visited once, however many of its paths are
// removed.
void HttpDirectory::forget(Change& change, const login::TokenId& comer, TimePoint now) {
    std::map<std::string, std::set<std::string>> paths;  // by host
    while (auto expired = offline_.take_since(now - settings_.known_for)) {
        paths[expired->host].insert(std::move(expired->path));
    }
    while (auto surplus = offline_.evict_surplus(settings_.known_hosts_max, comer)) {
        paths[surplus->host].insert(std::move(surplus->path));
    }
    forget_paths(change, paths);
}

void HttpDirectory::forget_paths(Change& change, const std::map<std::string, std::set<std::string>>& paths) {
    for (const auto& [pattern, its] : paths) {
        HttpRoutes::Host& host = change.host(pattern);
        host.remove_own([&its = its](const HttpRoutes::Route& route) {
            return route.service == nullptr && its.contains(route.claimed_path());
        });
        if (!host.has_own()) {
            assigned_.forget(pattern);
        }
    }
}

// --- names of other members of the cluster ---

std::shared_ptr<HttpService> HttpDirectory::remote_service(std::vector<std::shared_ptr<HttpCarrier>> carriers) {
    const MutexLock lock(mutex_);
    return remote_.service(std::move(carriers), ++last_serial_);
}

std::size_t HttpDirectory::set_remote(const std::vector<RemoteHost>& hosts, TimePoint now) {
    const MutexLock lock(mutex_);
    Change change(*this);
    change.set_claims_changed(false);
    std::size_t ignored = 0;
    for (const RemoteHost& name : hosts) {
        std::optional<HttpDescription> description = RemoteHosts::read(name);
        if (!description) {
            ++ignored;
            continue;
        }
        HttpRoutes::Host& host = change.host(description->hosts.front());
        if (name.service == nullptr && !name.is_known) {
            remote_.remove(host, *description);
        } else if (!remote_.add(host, std::move(*description), name, now)) {
            ++ignored;
        } else if (host.owner != name.owner && forget_offline(host)) {
            change.set_claims_changed(true);
        }
    }
    if (!hosts.empty()) {
        change.commit();
    }
    return ignored;
}

void HttpDirectory::set_learning(TimePoint since, TimePoint until) {
    const MutexLock lock(mutex_);
    Change change(*this);
    change.set_claims_changed(false);
    change.set_learning(since, until);
    change.commit();
}

}  // namespace ferrotunnel::directory
