#include "directory/http_directory.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include "base/check.hpp"

namespace ferrotunnel::directory {

namespace {

Refusal not_yours(const std::string& host) {
    return {wire::Code::name_taken, ClaimName(host, "/").text() +
                                        " belongs to another token, also while its client is away. Choose another "
                                        "host."};
}

Refusal below_anothers(const std::string& host) {
    return {wire::Code::name_taken, ClaimName(host, "/").text() +
                                        " is below a pattern that belongs to another token: this one needs a right to "
                                        "it. Choose another host, or have the server allow it."};
}

bool is_expression(const http::PathRule& path) noexcept {
    return path.kind == http::PathRule::Kind::regex;
}

Refusal too_many_paths(const std::string& host) {
    return {wire::Code::limit, "The host " + host + " has " + std::to_string(limits::http_paths_per_host_max) +
                                   " services, each with a path of its own, and that is the most. Use another host."};
}

Refusal too_many_expressions(const std::string& host) {
    return {wire::Code::limit,
            "The host " + host + " has " + std::to_string(limits::http_path_regexes_per_host_max) +
                " services with a regular expression for their path, and that is the most. Use a prefix, like /api, "
                "or another host."};
}

}  // namespace

// --- one service ---

namespace {

// Where browsers show a service's cookie: at the prefix or path that it has, or everywhere where that is no text for a
// cookie.
std::string cookie_path_of(const http::PathRule& path) {
    static constexpr std::string_view usual =
        "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";  // others may come percent-encoded
    const bool is_plain = path.kind != http::PathRule::Kind::regex && path.path.starts_with('/') &&
                          path.path.find_first_not_of(usual) == std::string::npos;
    return is_plain ? path.path : "/";
}

HttpService::Sticks sticks_of(const std::optional<Membership>& membership, const HttpDescription& description) {
    HttpService::Sticks sticks;
    if (membership) {
        sticks.by = membership->sticky;
        sticks.watches = membership->eject.failures != 0;
    }
    if (sticks.by == wire::Sticky::cookie && membership->key) {
        sticks.cookie_name = membership->key->cookie_name(membership->group);
        sticks.cookie_path = cookie_path_of(description.path);
    }
    return sticks;
}

}  // namespace

HttpService::HttpService(std::uint64_t serial, HttpDescription description, const ClientId& client, std::uint32_t id,
                         const std::optional<Membership>& membership)
    : serial_(serial),
      description_(std::move(description)),
      client_(client),
      id_(id),
      sticks_(sticks_of(membership, description_)) {}

template <typename Action>
auto HttpService::with_carriers(Action action) {
    std::lock_guard lock(mutex_);
    carriers_version_.fetch_add(1, std::memory_order_release);
    return action(carriers_);
}

std::optional<HttpService::Carrier> HttpService::choose(const std::vector<const HttpCarrier*>& passed,
                                                        const runtime::Worker* here, const VisitorAsk& ask) {
    std::lock_guard lock(mutex_);
    const auto is_here = [here](HttpCarrier& trunk) { return &trunk.worker() == here; };
    const auto* carrier = here == nullptr ? carriers_.choose(passed, ask) : carriers_.choose(passed, is_here, ask);
    if (carrier == nullptr) {
        return std::nullopt;
    }
    return Carrier{carrier->trunk, carrier->service, carriers_.member_of(*carrier)};
}

MemberTurn HttpService::tell(const GroupMember& member, Fared fared, TimePoint now, Duration& time) {
    std::lock_guard lock(mutex_);
    return carriers_.tell(member, fared, now, time);
}

std::shared_ptr<GroupMember> HttpService::member_of(const HttpCarrier& trunk) const {
    std::lock_guard lock(mutex_);
    return carriers_.member_of(trunk);
}

std::vector<CarrierList<HttpCarrier>::Present> HttpService::members() const {
    std::lock_guard lock(mutex_);
    return carriers_.members();
}

std::shared_ptr<GroupMember> HttpService::stays_with(const VisitorAsk& ask) {
    std::lock_guard lock(mutex_);
    return carriers_.stays_with(ask);
}

bool HttpService::carries(const HttpCarrier& trunk) const {
    std::lock_guard lock(mutex_);
    return carriers_.has(trunk);
}

bool HttpService::is_unhealthy() const {
    std::lock_guard lock(mutex_);
    return carriers_.is_unhealthy();
}

// --- the directory ---

// A bound on what one host may have: on all its paths, or on the expressions among them.
struct HttpDirectory::PathBound {
    bool (*counts)(const http::PathRule& path) noexcept;
    std::size_t max;

    template <typename Routes>
    bool is_reached_by(const Routes& routes) const {
        return static_cast<std::size_t>(std::count_if(routes.begin(), routes.end(),
                                                      [this](const auto& route) { return counts(route.path); })) >= max;
    }

    static constexpr auto any = [](const http::PathRule&) noexcept { return true; };
    static constexpr PathBound of_all() noexcept { return {any, limits::http_paths_per_host_max}; }
    static constexpr PathBound of_expressions() noexcept {
        return {is_expression, limits::http_path_regexes_per_host_max};
    }
};

// A next state of the routes in the making: each host is copied and built once, however often it is changed. To be used
// with the lock held.
class HttpDirectory::Change {
public:
    explicit Change(HttpDirectory& directory)
        : directory_(directory), next_(std::make_shared<HttpRoutes>(*directory.routes_)) {}

    /// The host to change before commit(): a copy of what is there, or a host without routes. A host that has no routes
    /// at commit() is removed.
    HttpRoutes::Host& host(const std::string& pattern) {
        const auto [at, is_new] = hosts_.try_emplace(pattern);
        if (is_new) {
            const HttpRoutes::Host* found = next_->host_at(HttpRoutes::place_of(pattern));
            at->second = found != nullptr ? *found : HttpRoutes::Host{pattern, {}, {}, nullptr, {}};
        }
        return at->second;
    }

    void set_rules(std::shared_ptr<const RightRules> rules) { next_->rules_ = std::move(rules); }

    void commit() {
        for (auto& [pattern, host] : hosts_) {
            put(pattern, std::move(host));
        }
        directory_.has_passthrough_.store(next_->has_passthrough(), std::memory_order_relaxed);
        std::shared_ptr<const HttpRoutes> routes = std::move(next_);  // then holds the old routes, until after the lock
        {
            std::lock_guard lock(directory_.routes_mutex_);
            directory_.routes_.swap(routes);
        }
        directory_.version_.fetch_add(1, std::memory_order_release);
        if (directory_.on_change_) {
            directory_.on_change_();
        }
    }

private:
    void put(const std::string& pattern, HttpRoutes::Host host) {
        const HttpRoutes::Place place = HttpRoutes::place_of(pattern);
        const HttpRoutes::Host* before = next_->host_at(place);
        next_->passthroughs_ -= before != nullptr && before->passthrough ? 1U : 0U;
        HttpRoutes::HostPtr shared;
        if (!host.routes.empty()) {
            HttpRoutes::make_paths(host, directory_.settings_.seed);
            next_->passthroughs_ += host.passthrough ? 1U : 0U;
            shared = std::make_shared<const HttpRoutes::Host>(std::move(host));
        }
        if (pattern == "*") {
            next_->default_ = std::move(shared);
            return;
        }
        next_->put(place, std::move(shared));
    }

    HttpDirectory& directory_;
    std::shared_ptr<HttpRoutes> next_;
    std::map<std::string, HttpRoutes::Host> hosts_;
};

HttpDirectory::HttpDirectory(const Settings& settings) : settings_(settings) {
    auto routes = std::make_shared<HttpRoutes>();
    routes->known_for_ = settings.known_for;
    routes->hash_ = {http::NameHasher(settings.seed)};
    routes_ = std::move(routes);
}

std::shared_ptr<const HttpRoutes> HttpDirectory::routes() const {
    std::lock_guard lock(routes_mutex_);
    return routes_;
}

std::optional<Refusal> HttpDirectory::check_owner(const login::TokenId& token, const std::vector<std::string>& hosts,
                                                  TimePoint now) const {
    std::lock_guard lock(mutex_);
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
        if (is_there && known->owner != token) {
            return not_yours(host);
        }
        if (!is_there && !routes_->rules_->names_host(token, host) && is_below_anothers(token, host, now)) {
            return below_anothers(host);
        }
    }
    return std::nullopt;
}

// Whether another token has a pattern around the host. (Nobody without a right has `*` where that could matter.) The
// lock is held.
bool HttpDirectory::is_below_anothers(const login::TokenId& token, const std::string& host, TimePoint now) const {
    return visit_patterns_around(host, [&](const HostPlace& place) {
        if (place.form != HostForm::one_label && place.form != HostForm::any_labels) {
            return false;
        }
        const auto form = place.form == HostForm::one_label ? HttpRoutes::one_label : HttpRoutes::any_labels;
        const HttpRoutes::Host* known = routes_->host_at({form, place.key});
        return known != nullptr && known->owner != token && routes_->is_known(*known, now);
    });
}

// Whether a host stays known for a token whose client is away.
bool HttpDirectory::keeps(const RightRules& rules, const login::TokenId& owner, const std::string& host) {
    return rules.knows(owner) && !rules.refuse_host(owner, host);
}

void HttpDirectory::set_rules(std::shared_ptr<const RightRules> rules) {
    check(rules != nullptr, "there are always rules, if only empty ones");
    std::lock_guard lock(mutex_);
    std::map<std::string, std::set<std::string>> paths;  // by host
    while (auto lost =
               away_.take_if([&rules](const AwayHosts::Entry& one) { return !keeps(*rules, one.owner, one.host); })) {
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
        std::lock_guard lock(mutex_);
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
        same.token_name = known != services_.end() ? known->second->description().token_name : "";  // is for logs alone
        if (membership && known != services_.end()) {  // what names and plugins of the first member say counts for all
            same.name = known->second->description().name;
            same.notes = known->second->description().notes;
        }
        if (known != services_.end() && known->second->description() == same) {
            joined.service = known->second;
            const bool may_join = !membership || joined.service->with_carriers([&](const auto& carriers) {
                return carriers.may_join(*membership);
            });
            if (!may_join) {
                why = may_not_join();
                return {};
            }
        } else if (membership && known != services_.end()) {
            why = {
                wire::Code::name_taken,
                "The members of its group say something else of hosts, path, rules or limits. All must say the same."};
            return {};
        } else if (known != services_.end() || is_carried(description)) {
            why = {wire::Code::name_taken, ClaimName(description.hosts.front(), description.claimed_path()).text() +
                                               " is already used by another service of this client."};
            return {};
        } else if (auto full = bound_refusal(description)) {
            why = *full;
            return {};
        } else {
            joined = {add_service(key.first, key.second, description, now, membership), true};
        }
        replaced = joined.service->with_carriers(
            [&](auto& carriers) { return carriers.add(std::move(trunk), id, membership, health); });
    }
    for (const auto& yielded : replaced) {
        yielded->dropped(joined.service);
    }
    return joined;
}

// Whether one of its names has a service already. The lock is held.
bool HttpDirectory::is_carried(const HttpDescription& description) const {
    return std::any_of(description.hosts.begin(), description.hosts.end(), [&](const std::string& host) {
        const HttpRoutes::Host* known = routes_->host_at(HttpRoutes::place_of(host));
        return known != nullptr &&
               std::any_of(known->routes.begin(), known->routes.end(), [&](const HttpRoutes::Route& route) {
                   // A service that nobody carries was left by a client when memory was too short to record that here.
                   return route.service != nullptr && route.is_for(description) && !route.service->outgoing_ &&
                          !route.service->with_carriers([](const auto& carriers) { return carriers.empty(); });
               });
    });
}

// The refusal if a host already has as many services as it may. Those whose client is away make room. The lock is held.
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

// Removes the oldest routes whose client is away until one more path fits: bound_refusal() has ensured that it can.
void HttpDirectory::make_room(HttpRoutes::Host& host, const PathBound& bound) {
    const auto is_away = [&](const auto& route) { return route.service == nullptr && bound.counts(route.path); };
    auto count = static_cast<std::size_t>(std::count_if(host.routes.begin(), host.routes.end(),
                                                        [&](const auto& route) { return bound.counts(route.path); }));
    for (; count >= bound.max; --count) {
        auto oldest = std::find_if(host.routes.begin(), host.routes.end(), is_away);
        check(oldest != host.routes.end(), "of a host's paths, those that are carried are below the limit");
        for (auto each = oldest; each != host.routes.end(); ++each) {
            oldest = is_away(*each) && each->away_since < oldest->away_since ? each : oldest;
        }
        away_.remove({oldest->away_since, host.owner, host.pattern, oldest->claimed_path()});
        host.routes.erase(oldest);
    }
}

std::shared_ptr<HttpService> HttpDirectory::add_service(const ClientId& client, std::uint32_t id,
                                                        const HttpDescription& description, TimePoint now,
                                                        const std::optional<Membership>& membership) {
    auto service = std::make_shared<HttpService>(++last_serial_, description, client, id, membership);
    services_.emplace(Key{client, id}, service);
    Change change(*this);
    forget(change, client.first, now);
    for (const std::string& pattern : description.hosts) {
        HttpRoutes::Host& host = change.host(pattern);
        std::erase_if(host.routes, [&](const HttpRoutes::Route& route) {
            const bool replaced = route.is_for(description);
            if (replaced && route.service == nullptr) {
                away_.remove({route.away_since, host.owner, pattern, route.claimed_path()});
            }
            return replaced;
        });
        for (const PathBound& bound : {PathBound::of_expressions(), PathBound::of_all()}) {
            if (bound.counts(description.path)) {
                make_room(host, bound);
            }
        }
        host.owner = client.first;
        host.routes.push_back({description.path, service, {}, description.passthrough});
    }
    change.commit();
    return service;
}

// The routes of the names lead to the new service from the moment in which it joins.
void HttpDirectory::make_way(const std::vector<ClientId>& from, const HttpDescription& description) {
    std::lock_guard lock(mutex_);
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
    std::lock_guard lock(mutex_);
    const bool nobody_left = service.with_carriers([&trunk](auto& carriers) {
        carriers.remove(trunk);
        return carriers.empty();
    });
    if (nobody_left) {
        gone(service, now);
    }
}

void HttpDirectory::set_health(HttpService& service, const HttpCarrier& trunk, const CarrierHealth& health) {
    service.with_carriers([&](auto& carriers) { carriers.set_health(trunk, health); });
}

void HttpDirectory::yield(HttpService& service, const HttpCarrier& trunk) {
    service.with_carriers([&trunk](auto& carriers) { carriers.set_yields(trunk); });
}

void HttpDirectory::close(HttpService& service, const HttpCarrier& trunk, TimePoint now) {
    CarrierList<HttpCarrier>::Trunks trunks;
    const std::shared_ptr<HttpService> closed = service.shared_from_this();
    {
        std::lock_guard lock(mutex_);
        bool nobody_left = false;
        trunks = service.with_carriers([&](auto& carriers) {
            auto removed = carriers.remove_all_of(trunk);
            nobody_left = carriers.empty();
            return removed;
        });
        if (nobody_left) {
            gone(service, now);
        }
    }
    for (const auto& other : trunks) {
        if (other.get() != &trunk) {
            other->dropped(closed);
        }
    }
}

// Removes a service that nobody carries any more; its names stay known. Does nothing if that is done already. The lock
// is held.
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
        const bool is_kept = keeps(*routes_->rules_, host.owner, pattern);
        for (HttpRoutes::Route& route : host.routes) {
            if (route.service.get() == &service) {
                route.service = nullptr;
                route.away_since = now;
                if (is_kept) {
                    away_.add({now, host.owner, pattern, route.claimed_path()});
                }
            }
        }
        if (!is_kept) {
            forget_paths(change, {{pattern, {service.description().claimed_path()}}});
        }
    }
    forget(change, service.client_.first, now);
    change.commit();
}

// Forgets names that are no longer known, or are too many. Each host is visited once, however many of its paths go.
void HttpDirectory::forget(Change& change, const login::TokenId& comer, TimePoint now) {
    std::map<std::string, std::set<std::string>> paths;  // by host
    while (auto expired = away_.take_since(now - settings_.known_for)) {
        paths[expired->host].insert(std::move(expired->path));
    }
    while (auto surplus = away_.take_surplus(settings_.known_hosts_max, comer)) {
        paths[surplus->host].insert(std::move(surplus->path));
    }
    forget_paths(change, paths);
}

void HttpDirectory::forget_paths(Change& change, const std::map<std::string, std::set<std::string>>& paths) {
    for (const auto& [pattern, its] : paths) {
        HttpRoutes::Host& host = change.host(pattern);
        std::erase_if(host.routes, [&its = its](const HttpRoutes::Route& route) {
            return route.service == nullptr && its.contains(route.claimed_path());
        });
        if (host.routes.empty()) {
            assigned_.forget(pattern);
        }
    }
}

// --- over a restart ---

template <typename Action>
void HttpRoutes::for_each_host(Action action) const {
    if (default_) {
        action(*default_);
    }
    for (const Tree& tree : hosts_) {
        for (const auto& branch : tree) {
            for (std::size_t at = 0; branch && at < branch->size(); ++at) {
                const Leaves* leaves = (*branch)[at].get();
                for (std::size_t i = 0; leaves != nullptr && i < leaves->size(); ++i) {
                    action(*(*leaves)[i].host);
                }
            }
        }
    }
}

ClaimRecord HttpDirectory::claims(TimePoint now, std::chrono::system_clock::time_point wall) const {
    ClaimRecord record;
    const std::shared_ptr<const HttpRoutes> known = routes();
    known->for_each_host([&](const HttpRoutes::Host& host) {
        for (const HttpRoutes::Route& route : host.routes) {
            if (known->is_known(route, now)) {
                std::chrono::sys_seconds away_since{};
                if (route.service == nullptr) {
                    away_since = std::chrono::floor<std::chrono::seconds>(wall - (now - route.away_since));
                }
                record.hosts.push_back({host.owner, host.pattern, route.claimed_path(), away_since});
            }
        }
    });
    std::lock_guard lock(mutex_);
    assigned_.for_each([&record](const login::TokenId& owner, const std::string& service, const std::string& host) {
        record.assigned.push_back({owner, service, host});
    });
    return record;
}

// A file may say anything: hosts and paths are read like those of a client, and the same bounds hold.
void HttpDirectory::restore(const ClaimRecord& record, TimePoint now, std::chrono::system_clock::time_point wall) {
    std::lock_guard lock(mutex_);
    Change change(*this);
    for (const ClaimRecord::Host& known : record.hosts) {
        HttpDescription description;
        const bool tls = known.path == tls_instead_of_path;
        const auto problem = tls ? read_tls_part({{known.host}}, description)
                                 : read_http_part({.hosts = {known.host}, .path = known.path}, description);
        const bool was_there = known.away_since == std::chrono::sys_seconds{};
        const Duration age =
            was_there ? Duration::zero() : std::max<Duration>(wall - known.away_since, Duration::zero());
        if (problem || age >= settings_.known_for) {
            continue;
        }
        HttpRoutes::Host& host = change.host(description.hosts.front());
        const bool is_there = std::any_of(host.routes.begin(), host.routes.end(),
                                          [&](const HttpRoutes::Route& route) { return route.is_for(description); });
        const auto is_reached = [&](const PathBound& bound) {
            return bound.counts(description.path) && bound.is_reached_by(host.routes);
        };
        const bool is_full = is_reached(PathBound::of_all()) || is_reached(PathBound::of_expressions());
        const bool is_others = routes_->rules_->refuse_host(known.owner, host.pattern).has_value();
        if (is_there || is_full || is_others || (!host.routes.empty() && host.owner != known.owner)) {
            continue;
        }
        host.owner = known.owner;
        host.routes.push_back({description.path, nullptr, now - age, description.passthrough});
        away_.add({now - age, known.owner, host.pattern, description.claimed_path()});
    }
    forget(change, {}, now);
    change.commit();
    for (const ClaimRecord::Assigned& assigned : record.assigned) {
        if (const auto* host = routes_->host_at(HttpRoutes::place_of(assigned.host));
            host != nullptr && host->owner == assigned.owner) {
            assigned_.remember(assigned.owner, assigned.service, assigned.host);
        }
    }
}

void HttpDirectory::on_change(std::function<void()> changed) {
    std::lock_guard lock(mutex_);
    on_change_ = std::move(changed);
}

}  // namespace ferrotunnel::directory
