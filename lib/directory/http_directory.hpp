// The HTTP services of a server: which one a host and path belong to, and which trunks carry it.
//
//   sessions --join, leave--> HttpDirectory --snapshot--> HttpRoutes: host, path -> HttpService --choose--> HttpCarrier
//   (any worker)                   |                      (immutable; every worker has its own reference)
//                                  '-- hosts of an offline client stay known for a while: 503, and reserved
//
// For each request a worker calls HttpRoutesCache::get (one atomic load), find (no lock, no allocation), and choose (a
// lock that is held for a few instructions) if it has no idle stream to the backend.
//
// Ownership: one name (a host or pattern with its path) is held by one tunnel, all of whose trunks carry it together;
// the registry decides that, as with ports (Registry::claim). A host belongs to the token that claimed it, even while
// its holder is offline and the host is still known; this table decides that. Each pattern is a name of its own: the
// holder of `*.example.com` does not hold `a.example.com`, and the more specific one gets the visitor. But a token
// without a right to `a.example.com` (RightRules) does not get it while another one has `*.example.com`, and a pattern
// does not get the visitors of a host to which another token has the more specific right.
//
// Hosts for TLS passthrough are in the same table, as another route of the host: so a host belongs to one token,
// whatever it is used for.
//
// Locks: the directory's, then a service's or the one around the reference to the routes. None is held while a carrier
// is called. Workers only acquire the latter two, which are held for a few instructions: they do not wait while tables
// are built.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "base/random.hpp"
#include "directory/claim_record.hpp"
#include "directory/http_routes.hpp"
#include "directory/http_service.hpp"
#include "directory/offline_hosts.hpp"
#include "directory/registry.hpp"
#include "directory/remote_hosts.hpp"
#include "directory/remote_route.hpp"
#include "directory/right_rules.hpp"

namespace ferrotunnel::directory {

class HttpDirectory {
public:
    struct Settings {
        std::size_t known_hosts_max = limits::http_known_hosts_max;
        Duration known_for = limits::http_host_known_for;
        std::uint64_t seed = 0;  // seed of hash tables: random, so that hosts cannot be chosen to collide
    };

    HttpDirectory() : HttpDirectory(Settings{}) {}
    explicit HttpDirectory(const Settings& settings);

    // --- for every worker ---

    /// Increases with each change of the routes.
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    /// Increases with every change that may let a waiting request continue: of the routes, of the trunks that carry a
    /// service, or of a backend's health.
    std::uint64_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }
    std::shared_ptr<const HttpRoutes> routes() const;
    /// Equals the routes' has_passthrough(), and costs one atomic load.
    bool has_passthrough() const noexcept { return has_passthrough_.load(std::memory_order_relaxed); }

    // --- for sessions ---

    /// Sets the rights of tokens, before any service joins: existing services stay.
    void set_rules(std::shared_ptr<const RightRules> rules);
    /// An external token is gone: so are its hosts without a client.
    void forget_unknown_owners();

    /// Why this token may not have one of these hosts: it belongs to another. To be called before the hosts are claimed
    /// at the registry.
    std::optional<Refusal> check_owner(const login::TokenId& token, const std::vector<std::string>& hosts,
                                       TimePoint now) const;

    /// Makes `trunk` carry the service, after the registry has granted its names to the client. If other trunks of the
    /// same client carry it already, those that yield are replaced. Returns null and sets `why` if the service differs
    /// from those trunks', if another service carries one of its names, if one of its hosts has reached its limit of
    /// paths or expressions, if another token was faster, or if `ended` reports that the service was unregistered on
    /// another trunk: it is called under the lock that close() acquires.
    struct Joined {
        std::shared_ptr<HttpService> service;
        bool first = false;  // no trunk carried the service before
    };
    /// With `membership` its group has the service, instead of `client`, and trunks of all its members carry it, which
    /// must describe it alike.
    Joined join(const ClientId& client, std::uint32_t id, const HttpDescription& description,
                std::shared_ptr<HttpCarrier> trunk, TimePoint now, Refusal& why, const Ended& ended = {},
                const std::optional<Membership>& membership = {}, const CarrierHealth& health = {});

    /// Lets the service that will join with this description replace those of `from` that have its names: new visitors
    /// then find the new one, and visitors in flight continue.
    void handover_hosts(const std::vector<ClientId>& from, const HttpDescription& description);

    /// Removes `trunk` from the service. The hosts stay known when the last trunk has been removed.
    void leave(HttpService& service, const HttpCarrier& trunk, TimePoint now);
    /// Sets the trunk's client's latest report about the backend.
    void set_health(HttpService& service, const HttpCarrier& trunk, const CarrierHealth& health);
    /// The trunk continues to carry the service until another trunk joins, which then replaces it.
    void yield(HttpService& service, const HttpCarrier& trunk);
    /// Ends the service for all trunks of the client that `trunk` belongs to. All but `trunk` itself are notified.
    void close(HttpService& service, const HttpCarrier& trunk, TimePoint now);

    /// The host below `domain` for a service that names none: the one that another trunk of the client has, or one that
    /// a service of this name and token had, while it is known, or a new one. Empty if others have a right to every
    /// host that could be assigned, or the token has only rights to other hosts.
    /// Hosts for which `is_taken` is true are not drawn; it is called without a lock, and may be empty.
    using IsTaken = std::function<bool(const std::string& host)>;
    std::string assigned_host(const ClientId& client, std::uint32_t id, const std::string& name,
                              std::string_view domain, Random& random, TimePoint now,
                              const IsTaken& is_taken = {}) const;
    /// Records the assigned host of a service that has joined, so that the service gets it again.
    void remember_assigned(const HttpService& service);
    /// The known names, in recorded form; `wall` is the same moment as `now`. Leaves out ports.
    ClaimRecord claims(TimePoint now, std::chrono::system_clock::time_point wall) const;
    /// Restores the names known before a restart, as offline. To be called before any service joins.
    void restore(const ClaimRecord& record, TimePoint now, std::chrono::system_clock::time_point wall);
    /// Sets a function that is called, with the lock held, whenever claims() has changed: it must not call back. May be
    /// empty.
    void on_change(std::function<void()> changed);

    /// A new host below `domain` for the token, even if another is recorded; empty as above.
    std::string fresh_host(const login::TokenId& token, std::string_view domain, Random& random,
                           const IsTaken& is_taken = {}) const;

    // --- names of other members of the cluster ---

    /// A service of other members, which forwards requests unchanged to the carrier with the least load. All hosts with
    /// the same members share one, whatever their order. Null without carriers.
    std::shared_ptr<HttpService> remote_service(std::vector<std::shared_ptr<HttpCarrier>> carriers);
    /// Routes these names from now on, in one change. Returns how many were ignored: their text is not valid, or they
    /// are beyond a bound of limits::remote_*.
    std::size_t set_remote(const std::vector<RemoteHost>& hosts, TimePoint now);
    /// A carrier of remote services that had no way to its member has one again: waiting requests may continue.
    void carrier_is_back() noexcept { count_change(); }
    /// Hosts and paths without a client count as offline since `since` at the earliest, since other members have not
    /// reported theirs yet: until set_learned(), or `until`.
    void set_learning(TimePoint since, TimePoint until);
    void set_learned() { set_learning(TimePoint::min(), TimePoint::min()); }

private:
    using Key = std::pair<ClientId, std::uint32_t>;
    class Change;
    struct PathBound;

    std::string draw_host(const login::TokenId& token, std::string_view domain, Random& random) const;
    void count_change() noexcept { changes_.fetch_add(1, std::memory_order_release); }
    void apply_rules(std::shared_ptr<const RightRules> rules) REQUIRES(mutex_);
    std::optional<Refusal> owner_refusal(const login::TokenId& token, const std::vector<std::string>& hosts,
                                         TimePoint now) const REQUIRES(mutex_);
    bool is_below_anothers(const login::TokenId& token, const std::string& host, TimePoint now) const REQUIRES(mutex_);
    bool is_carried(const HttpDescription& description) const REQUIRES(mutex_);
    std::optional<Refusal> bound_refusal(const HttpDescription& description) const REQUIRES(mutex_);
    void make_room(HttpRoutes::Host& host, const PathBound& bound) REQUIRES(mutex_);
    static bool is_anothers(const HttpRoutes::Host& host);
    bool forget_offline(HttpRoutes::Host& host) REQUIRES(mutex_);
    void add_service(const std::shared_ptr<HttpService>& service, TimePoint now) REQUIRES(mutex_);
    void gone(HttpService& service, TimePoint now) REQUIRES(mutex_);
    void forget(Change& change, const login::TokenId& comer, TimePoint now) REQUIRES(mutex_);
    static bool keeps(const RightRules& rules, const login::TokenId& owner, const std::string& host);
    void forget_paths(Change& change, const std::map<std::string, std::set<std::string>>& paths) REQUIRES(mutex_);

    const Settings settings_;
    mutable Mutex mutex_;
    mutable Mutex routes_mutex_;                // only for an exchange of routes_: workers do not wait for a change
    std::shared_ptr<const HttpRoutes> routes_;  // written under both locks, read under either (not expressible)
    std::map<Key, std::shared_ptr<HttpService>> services_ GUARDED_BY(mutex_);
    OfflineHosts offline_ GUARDED_BY(mutex_);
    AssignedHosts assigned_ GUARDED_BY(mutex_);
    std::function<void()> on_change_ GUARDED_BY(mutex_);
    std::uint64_t last_serial_ GUARDED_BY(mutex_) = 0;
    RemoteHosts remote_ GUARDED_BY(mutex_);
    std::atomic<std::uint64_t> version_{0};
    std::atomic<std::uint64_t> changes_{0};
    std::atomic<bool> has_passthrough_{false};
};

/// A worker's own reference to the routes: an atomic load while nothing has changed. For one thread.
class HttpRoutesCache {
public:
    explicit HttpRoutesCache(std::shared_ptr<const HttpDirectory> directory) : directory_(std::move(directory)) {}

    /// The present routes. Valid until the next call, and so are their services; to use one longer, keep its
    /// shared_from_this().
    const HttpRoutes& get() {
        changes_ = directory_->changes();  // first: the routes read next include these changes, and perhaps later ones
        if (const std::uint64_t version = directory_->version(); version != version_ || !routes_) {
            routes_ = directory_->routes();
            version_ = version;
        }
        return *routes_;
    }
    /// The directory's changes when the last call began.
    std::uint64_t changes() const noexcept { return changes_; }

private:
    const std::shared_ptr<const HttpDirectory> directory_;
    std::shared_ptr<const HttpRoutes> routes_;
    std::uint64_t version_ = 0;
    std::uint64_t changes_ = 0;
};

}  // namespace ferrotunnel::directory
