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

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "base/random.hpp"
#include "directory/away_hosts.hpp"
#include "directory/carrier_list.hpp"
#include "directory/claim_record.hpp"
#include "directory/http_carrier.hpp"
#include "directory/http_description.hpp"
#include "directory/registry.hpp"
#include "directory/right_rules.hpp"
#include "http/name_hash.hpp"
#include "metrics/service_book.hpp"
#include "routes/route_table.hpp"

namespace ferrotunnel::directory {

/// A registered service, from its first trunk to its last. When the client comes back the service is another object, so
/// that what a worker keeps for it (idle streams) cannot be confused. Any thread.
class HttpService : public std::enable_shared_from_this<HttpService> {
public:
    struct Carrier {
        std::shared_ptr<HttpCarrier> trunk;
        std::uint32_t service = 0;              // the trunk's id for it
        std::shared_ptr<GroupMember> member{};  // of a group: which one; else null
    };
    /// How visitors of a group stay with their members.
    struct Sticks {
        wire::Sticky by = wire::Sticky::off;
        std::string cookie_name{};  // where it is by cookie
        std::string cookie_path{};  // a cookie is for what is below
        bool watches = false;       // it wants to know how visitors fare
    };

    /// `client`: whose it is, or its group's, which has it as number 0; `membership` of its first member then.
    HttpService(std::uint64_t serial, HttpDescription description, const ClientId& client, std::uint32_t id,
                const std::optional<Membership>& membership = {});

    /// Whether several clients may carry it: then a carrier is chosen before each request.
    bool is_shared() const noexcept { return id_ == 0; }

    /// A number that no other service has or had.
    std::uint64_t serial() const noexcept { return serial_; }
    const HttpDescription& description() const noexcept { return description_; }

    /// The carrier with the fewest streams, in turn if several have the same, without those in `passed` (which have
    /// just answered that they have no room). A carrier on the worker `here` may have some more: traffic over it never
    /// changes threads. Of a group's, one of the member that `ask` leads to. Nothing: none is left.
    std::optional<Carrier> choose(const std::vector<const HttpCarrier*>& passed = {},
                                  const runtime::Worker* here = nullptr, const VisitorAsk& ask = {});

    const Sticks& sticks() const noexcept { return sticks_; }
    /// How a request, or visitor, of a member has fared. `time`: how long that one is out, if it is ejected now.
    MemberTurn tell(const GroupMember& member, Fared fared, TimePoint now, Duration& time);
    /// The member that the trunk belongs to; null: there is no group.
    std::shared_ptr<GroupMember> member_of(const HttpCarrier& trunk) const;

    /// The members of the group, in the order in which they came, and the one that such a visitor stays with (null: the
    /// balance chooses one). For whoever looks on: nothing is counted.
    std::vector<CarrierList<HttpCarrier>::Present> members() const;
    std::shared_ptr<GroupMember> stays_with(const VisitorAsk& ask);

    /// Changes whenever a carrier joins or leaves. Idle streams to the backend are then checked: one whose carrier no
    /// longer carries the service, or takes no visitors, is closed, so that a draining trunk comes to its end.
    std::uint64_t carriers_version() const noexcept { return carriers_version_.load(std::memory_order_acquire); }
    bool carries(const HttpCarrier& trunk) const;
    /// Whether it has carriers, and no visitor is given to any, since what is behind them is unhealthy.
    bool is_unhealthy() const;

    /// Counts a request that the edge has found to be for this service.
    void count_request() noexcept { requests_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }

    /// Counts what becomes of requests in `row` from now on. The first one stays: it is the same on all trunks.
    void count_in(std::shared_ptr<metrics::ServiceRow> row) {
        const std::lock_guard lock(mutex_);
        if (!row_kept_) {
            row_kept_ = std::move(row);
            row_.store(row_kept_.get(), std::memory_order_release);
        }
    }
    /// Lives as long as the service; null: nobody counts yet.
    metrics::ServiceRow* row() const noexcept { return row_.load(std::memory_order_acquire); }

private:
    friend class HttpDirectory;

    const std::uint64_t serial_;
    const HttpDescription description_;
    const ClientId client_;
    const std::uint32_t id_;
    const Sticks sticks_;
    bool outgoing_ = false;  // another service will take its place; the directory's lock
    std::atomic<std::uint64_t> carriers_version_{0};
    std::atomic<std::uint64_t> requests_{0};
    std::atomic<metrics::ServiceRow*> row_{nullptr};
    mutable std::mutex mutex_;
    std::shared_ptr<metrics::ServiceRow> row_kept_;
    CarrierList<HttpCarrier> carriers_;

    template <typename Action>
    auto with_carriers(Action action);
};

/// The result of looking up a host and path.
struct HttpMatch {
    enum class Kind : std::uint8_t {
        service,         // `service` is there
        unknown_host,    // 404: nobody has registered it
        unknown_path,    // 404: the host is there, but nobody has registered what is at this path
        away,            // 503 with Retry-After: registered, but its client is not connected at the moment
        bad_path,        // 400: no path that may be forwarded, `fault` says why
        ambiguous_path,  // 400: it can be read in several ways, which lead to different services
    } kind = Kind::unknown_host;
    HttpService* service = nullptr;  // alive as long as the routes are
    std::string_view host_pattern;   // the pattern that has matched; points into the routes
    TimePoint away_since{};          // of `away`: since when; after a restart, since the start at the latest
    http::PathFault fault = http::PathFault::none;
};

/// The result of looking up a name that a visitor asks for by TLS.
struct TlsMatch {
    enum class Kind : std::uint8_t {
        none,     // nobody has registered it for untouched TLS: TLS ends here
        service,  // `service` is there
        away,     // registered, but its client is not connected at the moment
    } kind = Kind::none;
    HttpService* service = nullptr;  // alive as long as the routes are
    TimePoint away_since{};          // of `away`, as HttpMatch has it
};

/// One state of the directory. Immutable: any number of threads may use it.
class HttpRoutes {
public:
    /// Finds the service for a host and path. `host` is as http::normal_host gives it; `path` is that of the request's
    /// target, without query. Order: the exact host, `*.x`, `**.x` from the longest x on, `*`; in the first that is
    /// known, the paths decide as in routes::RouteTable. A known host never falls through to a less specific pattern.
    /// When a host stops being known, that takes effect at once; for one of its paths, with the next change.
    /// `path_steps` counts what the path has cost.
    HttpMatch find(std::string_view host, std::string_view path, TimePoint now,
                   routes::LookupSteps* path_steps = nullptr) const noexcept;

    /// Finds the service for a TLS name. `name` is in the form of net/host_name.hpp; empty if none was asked for, which
    /// `*` is for. The host is found in the same order as in find(), whatever it was registered for: what belongs to a
    /// more specific host never goes to another.
    TlsMatch find_tls(std::string_view name, TimePoint now) const noexcept;
    /// The service that has taken the place of one that has no trunk any more, and gets the very same requests: for the
    /// same host and path, with the same rules, and without plugins that its client has asked for. Null: there is none.
    HttpService* find_successor(const HttpService& service) const noexcept;
    /// Whether anybody has registered a name for untouched TLS.
    bool has_passthrough() const noexcept { return passthroughs_ != 0; }

private:
    friend class HttpDirectory;
    enum Form : std::size_t { exact, one_label, any_labels, forms };

    struct Route {
        http::PathRule path;
        std::shared_ptr<HttpService> service;  // null: its client has gone
        TimePoint away_since{};                // if its client has gone
        bool passthrough = false;              // for untouched TLS; a host has at most one

        std::string claimed_path() const { return passthrough ? tls_instead_of_path : path.text(); }
        bool is_for(const HttpDescription& description) const {
            return passthrough == description.passthrough && path == description.path;
        }
    };
    struct Host {
        std::string pattern;
        login::TokenId owner{};
        std::vector<Route> routes;
        std::shared_ptr<const routes::RouteTable> paths;  // values are places in `routes`; null: none is of HTTP
        std::optional<std::size_t> passthrough;           // its place in `routes`
    };
    using HostPtr = std::shared_ptr<const Host>;
    struct Hash {
        http::NameHasher hasher;
        std::size_t operator()(std::string_view text) const noexcept {
            return hasher.finish(hasher.piece(hasher.start(), text));
        }
    };
    // The hosts are in a tree of two levels by hash, with a few hosts at each leaf: a change copies one branch and one
    // leaf, not ten thousand hosts.
    static constexpr std::size_t width = 64;
    struct Leaf {
        std::size_t hash = 0;
        HostPtr host;
    };
    using Leaves = std::vector<Leaf>;
    using Branch = std::array<std::shared_ptr<const Leaves>, width>;
    using Tree = std::array<std::shared_ptr<const Branch>, width>;

    struct Place {
        Form form = exact;
        std::string_view key;  // what follows "*." or "**."
    };
    static Place place_of(std::string_view pattern) noexcept;
    static std::size_t branch_of(std::size_t hash) noexcept { return hash % width; }
    static std::size_t leaves_of(std::size_t hash) noexcept { return hash / width % width; }
    void put(const Place& place, HostPtr host);
    template <typename Action>
    void for_each_host(Action action) const;
    const Host* host_at(const Place& place) const noexcept;
    bool is_known(const Route& route, TimePoint now) const noexcept;
    bool is_known(const Host& host, TimePoint now) const noexcept;
    HttpMatch match(const Host& host, std::string_view path, routes::LookupSteps* steps) const noexcept;
    static void make_paths(Host& host, std::uint64_t seed);
    const Host* known_host_for(std::string_view host, TimePoint now) const noexcept;

    const Host* nearest_host_for(std::string_view host, TimePoint now) const noexcept;

    Hash hash_{http::NameHasher(0)};
    Duration known_for_{};
    std::shared_ptr<const RightRules> rules_ = std::make_shared<RightRules>();
    std::array<Tree, forms> hosts_;
    HostPtr default_;
    std::size_t passthroughs_ = 0;  // hosts that have one
};

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
    /// visitors who come then find the new one, and what is on its way to them goes on.
    void make_way(const std::vector<ClientId>& from, const HttpDescription& description);

    /// Ends the trunk's carrying of the service. After the last trunk the hosts stay known.
    void leave(HttpService& service, const HttpCarrier& trunk, TimePoint now);
    /// What the client of the trunk says of the backend from now on.
    static void set_health(HttpService& service, const HttpCarrier& trunk, const CarrierHealth& health);
    /// The trunk goes on carrying until another one joins, which then takes its place.
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

    std::optional<Refusal> owner_refusal(const login::TokenId& token, const std::vector<std::string>& hosts,
                                         TimePoint now) const;
    bool is_below_anothers(const login::TokenId& token, const std::string& host, TimePoint now) const;
    bool is_carried(const HttpDescription& description) const;
    std::optional<Refusal> bound_refusal(const HttpDescription& description) const;
    void make_room(HttpRoutes::Host& host, const PathBound& bound);
    std::shared_ptr<HttpService> add_service(const ClientId& client, std::uint32_t id,
                                             const HttpDescription& description, TimePoint now,
                                             const std::optional<Membership>& membership);
    void gone(HttpService& service, TimePoint now);
    void forget(Change& change, const login::TokenId& comer, TimePoint now);
    static bool keeps(const RightRules& rules, const login::TokenId& owner, const std::string& host);
    void forget_paths(Change& change, const std::map<std::string, std::set<std::string>>& paths);

    const Settings settings_;
    mutable std::mutex mutex_;
    mutable std::mutex routes_mutex_;           // for an exchange of routes_ alone: workers do not wait for a change
    std::shared_ptr<const HttpRoutes> routes_;  // written under both locks, read under either
    std::map<Key, std::shared_ptr<HttpService>> services_;
    AwayHosts away_;
    AssignedHosts assigned_;
    std::function<void()> on_change_;
    std::uint64_t last_serial_ = 0;
    std::atomic<std::uint64_t> version_{0};
    std::atomic<bool> has_passthrough_{false};
};

/// A worker's own reference to the routes: an atomic load as long as nothing has changed. For one thread.
class HttpRoutesCache {
public:
    explicit HttpRoutesCache(std::shared_ptr<const HttpDirectory> directory) : directory_(std::move(directory)) {}

    /// The present routes. Valid until the next call, and so are their services; keep shared_from_this() of one for
    /// longer.
    const HttpRoutes& get() {
        if (const std::uint64_t version = directory_->version(); version != version_ || !routes_) {
            routes_ = directory_->routes();
            version_ = version;
        }
        return *routes_;
    }
    /// The directory's version of the routes that the last call has given.
    std::uint64_t version() const noexcept { return version_; }

private:
    const std::shared_ptr<const HttpDirectory> directory_;
    std::shared_ptr<const HttpRoutes> routes_;
    std::uint64_t version_ = 0;
};

}  // namespace ferrotunnel::directory
