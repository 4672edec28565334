// Which HTTP service a host and path belong to, and which trunks carry it.
//
//   sessions --join, leave--> HttpDirectory --snapshot--> HttpRoutes: host, path -> HttpService --choose--> HttpCarrier
//   (any worker)                   |                      (immutable; every worker has its own reference)
//                                  '-- hosts whose client has gone stay known for a while: 503, and nobody else's
//
// For each request a worker does: HttpRoutesCache::get (one atomic load), find (no lock, no allocation), and choose (a
// lock that is held for a few instructions) if it has no idle stream to the backend.
//
// Who may have a host: one name (a host or pattern with its path) is held by one tunnel, all of whose trunks carry it
// together; the registry decides that, as with ports (Registry::claim). A host belongs to the token that claimed it,
// even while its holder is away and the host is still known; this table decides that. Each pattern is a name of its
// own: the holder of `*.example.com` does not hold `a.example.com`, and the more specific one gets the visitor. But a
// token that has no right to `a.example.com` (RightRules) does not get it while another one has `*.example.com`, and no
// pattern gets the visitors of a host to which another token has the more specific right.
//
// Hosts whose TLS passes untouched are in the same table, as one more route of the host: so a host belongs to one
// token, whatever it is used for.
//
// Locks: the directory's, then a service's or the one around the reference to the routes. None is held while a carrier
// is called. Workers only take the latter two, which are held for a few instructions: they do not wait while tables are
// built.
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
#include "directory/away_hosts.hpp"
#include "directory/claim_record.hpp"
#include "directory/http_routes.hpp"
#include "directory/http_service.hpp"
#include "directory/registry.hpp"
#include "directory/right_rules.hpp"

namespace ferrotunnel::directory {

class HttpDirectory {
public:
    struct Settings {
        std::size_t known_hosts_max = limits::http_known_hosts_max;
        Duration known_for = limits::http_host_known_for;
        std::uint64_t seed = 0;  // of hash tables: random, so that nobody can choose hosts that collide
    };

    HttpDirectory() : HttpDirectory(Settings{}) {}
    explicit HttpDirectory(const Settings& settings);

    // --- for every worker ---

    /// Increases with each change of the routes.
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    /// Increases with whatever may let a waiting request continue: a change of the routes, of the trunks that carry a
    /// service, or of a backend's health.
    std::uint64_t changes() const noexcept { return changes_.load(std::memory_order_acquire); }
    std::shared_ptr<const HttpRoutes> routes() const;
    /// The same as the routes' has_passthrough(), at the cost of one atomic load.
    bool has_passthrough() const noexcept { return has_passthrough_.load(std::memory_order_relaxed); }

    // --- for sessions ---

    /// Sets what tokens have a right to, before anybody joins: what is there stays.
    void set_rules(std::shared_ptr<const RightRules> rules);

    /// Why this token may not have one of these hosts: it belongs to another. To be called before the hosts are claimed
    /// at the registry.
    std::optional<Refusal> check_owner(const login::TokenId& token, const std::vector<std::string>& hosts,
                                       TimePoint now) const;

    /// Makes `trunk` carry the service, after the registry has granted its names to the client. If other trunks of the
    /// same client carry it already, those that yield are replaced. Returns null and sets `why` if the service differs
    /// from those trunks', if another service carries one of its names, if one of its hosts has as many paths or
    /// expressions as it may, or if another token was faster, or if `ended` says that the service was unregistered on
    /// another trunk: that is asked with the lock that close() takes.
    struct Joined {
        std::shared_ptr<HttpService> service;
        bool first = false;  // nobody had carried it
    };
    /// With `membership` its group has the service, in the place of `client`, and trunks of all its members carry it,
    /// which must describe it alike.
    Joined join(const ClientId& client, std::uint32_t id, const HttpDescription& description,
                std::shared_ptr<HttpCarrier> trunk, TimePoint now, Refusal& why, const Ended& ended = {},
                const std::optional<Membership>& membership = {}, const CarrierHealth& health = {});

    /// Lets the service that will join with this description take the place of those of `from` that have its names:
    /// visitors who come then find the new one, and what is on its way to them continues.
    void make_way(const std::vector<ClientId>& from, const HttpDescription& description);

    /// Ends the trunk's carrying of the service. After the last trunk the hosts stay known.
    void leave(HttpService& service, const HttpCarrier& trunk, TimePoint now);
    /// What the client of the trunk says of the backend from now on.
    void set_health(HttpService& service, const HttpCarrier& trunk, const CarrierHealth& health);
    /// The trunk continues carrying until another one joins, which then takes its place.
    void yield(HttpService& service, const HttpCarrier& trunk);
    /// Ends the service for all trunks of the client that `trunk` is one of. They are told; only `trunk` itself is not.
    void close(HttpService& service, const HttpCarrier& trunk, TimePoint now);

    /// The host below `domain` for a service that names none: the one that another trunk of the client has got, or else
    /// one that a service of this name and token had, while it is known, or else a new one. Empty: others have a right
    /// to whatever could be assigned, or the token has rights to other hosts alone.
    std::string assigned_host(const ClientId& client, std::uint32_t id, const std::string& name,
                              std::string_view domain, Random& random, TimePoint now) const;
    /// Remembers the assigned host with which the service has joined, so that the service gets it again.
    void remember_assigned(const HttpService& service);
    /// What is known, in the form that is recorded; `wall` is the same moment as `now`. Leaves out ports.
    ClaimRecord claims(TimePoint now, std::chrono::system_clock::time_point wall) const;
    /// Restores what was known before a restart, as away. To be called before anybody joins.
    void restore(const ClaimRecord& record, TimePoint now, std::chrono::system_clock::time_point wall);
    /// Sets what is called, with the lock held, whenever claims() has changed: it must not call back. Empty: nothing
    /// is.
    void on_change(std::function<void()> changed);

    /// A new host below `domain` for the token, even if another is remembered; empty as above.
    std::string fresh_host(const login::TokenId& token, std::string_view domain, Random& random) const;

private:
    using Key = std::pair<ClientId, std::uint32_t>;
    class Change;
    struct PathBound;

    void count_change() noexcept { changes_.fetch_add(1, std::memory_order_release); }
    std::optional<Refusal> owner_refusal(const login::TokenId& token, const std::vector<std::string>& hosts,
                                         TimePoint now) const REQUIRES(mutex_);
    bool is_below_anothers(const login::TokenId& token, const std::string& host, TimePoint now) const REQUIRES(mutex_);
    bool is_carried(const HttpDescription& description) const REQUIRES(mutex_);
    std::optional<Refusal> bound_refusal(const HttpDescription& description) const REQUIRES(mutex_);
    void make_room(HttpRoutes::Host& host, const PathBound& bound) REQUIRES(mutex_);
    void add_service(const std::shared_ptr<HttpService>& service, TimePoint now) REQUIRES(mutex_);
    void gone(HttpService& service, TimePoint now) REQUIRES(mutex_);
    void forget(Change& change, const login::TokenId& comer, TimePoint now) REQUIRES(mutex_);
    static bool keeps(const RightRules& rules, const login::TokenId& owner, const std::string& host);
    void forget_paths(Change& change, const std::map<std::string, std::set<std::string>>& paths) REQUIRES(mutex_);

    const Settings settings_;
    mutable Mutex mutex_;
    mutable Mutex routes_mutex_;                // for an exchange of routes_ alone: workers do not wait for a change
    std::shared_ptr<const HttpRoutes> routes_;  // written under both locks, read under either: no annotation says that
    std::map<Key, std::shared_ptr<HttpService>> services_ GUARDED_BY(mutex_);
    AwayHosts away_ GUARDED_BY(mutex_);
    AssignedHosts assigned_ GUARDED_BY(mutex_);
    std::function<void()> on_change_ GUARDED_BY(mutex_);
    std::uint64_t last_serial_ GUARDED_BY(mutex_) = 0;
    std::atomic<std::uint64_t> version_{0};
    std::atomic<std::uint64_t> changes_{0};
    std::atomic<bool> has_passthrough_{false};
};

/// A worker's own reference to the routes: an atomic load as long as nothing has changed. For one thread.
class HttpRoutesCache {
public:
    explicit HttpRoutesCache(std::shared_ptr<const HttpDirectory> directory) : directory_(std::move(directory)) {}

    /// The present routes. Valid until the next call, and so are their services; keep shared_from_this() of one for
    /// longer.
    const HttpRoutes& get() {
        changes_ = directory_->changes();  // first: whoever looks at the routes knows of these, and perhaps of more
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
