// Which HTTP service a host and path belong to, and which trunks carry it.
//
//   sessions --join, leave--> HttpDirectory --snapshot--> HttpRoutes: host, path -> HttpService --choose--> HttpCarrier
//   (any worker)                   |                      (immutable; every worker has its own reference)
//                                  '-- hosts whose client has gone stay known for a while: 503, and nobody else's
//
// What a worker does for each request: HttpRoutesCache::get (one atomic load), find (no lock, no allocation), choose (a
// lock that is held for a few instructions) if it has no idle stream to the backend.
//
// Who may have a host: one name (a host or pattern with its path) is held by one tunnel, all of whose trunks carry it
// together; that is the registry's business, as with ports (Registry::claim). A host belongs to the token that claimed
// it, also while its holder is away and the host is still known; that is this table's business. Each pattern is a name
// of its own: who holds `*.example.com` does not hold `a.example.com`, and the more specific one gets the visitor.
//
// Hosts whose TLS passes untouched stand in the same table, as one more route of the host: so a host belongs to one
// token, whatever it is used for.
//
// Locks: the directory's, then a service's or the one around the reference to the routes. None is held while a carrier
// is called. Workers take the last two alone, which are held for a few instructions: they do not wait while tables are
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
#include "http/name_hash.hpp"
#include "routes/route_table.hpp"

namespace ferrotunnel::directory {

/// A registered service, from its first trunk to its last. When the client comes back it is another object, so that
/// what a worker keeps for it (idle streams) can not be confused. Any thread.
class HttpService : public std::enable_shared_from_this<HttpService> {
public:
    struct Carrier {
        std::shared_ptr<HttpCarrier> trunk;
        std::uint32_t service = 0;  // the trunk's id for it
    };

    HttpService(std::uint64_t serial, HttpDescription description, const ClientId& client, std::uint32_t id)
        : serial_(serial), description_(std::move(description)), client_(client), id_(id) {}

    /// Different for each that there ever was.
    std::uint64_t serial() const noexcept { return serial_; }
    const HttpDescription& description() const noexcept { return description_; }

    /// The carrier with the fewest streams, in turn where several have as few, without those in `passed` (which have
    /// just answered that they have no room). One on the worker `here` may have some more: what goes over it changes
    /// threads nowhere. Nothing: nobody is left.
    std::optional<Carrier> choose(const std::vector<const HttpCarrier*>& passed = {},
                                  const runtime::Worker* here = nullptr);

    /// Changes whenever a carrier joins or leaves. An idle stream to the backend is looked at again then: one whose
    /// carrier does not carry any more is closed, so that a trunk which drains comes to its end.
    std::uint64_t carriers_version() const noexcept { return carriers_version_.load(std::memory_order_acquire); }
    bool carries(const HttpCarrier& trunk) const;

    /// Requests that the edge has found to be for it.
    void count_request() noexcept { requests_.fetch_add(1, std::memory_order_relaxed); }
    std::uint64_t requests() const noexcept { return requests_.load(std::memory_order_relaxed); }

private:
    friend class HttpDirectory;

    const std::uint64_t serial_;
    const HttpDescription description_;
    const ClientId client_;
    const std::uint32_t id_;
    std::atomic<std::uint64_t> carriers_version_{0};
    std::atomic<std::uint64_t> requests_{0};
    mutable std::mutex mutex_;
    CarrierList<HttpCarrier> carriers_;

    template <typename Action>
    auto with_carriers(Action action);
};

/// What a host and path lead to.
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
    std::string_view host_pattern;   // which pattern has matched; of the routes
    http::PathFault fault = http::PathFault::none;
};

/// What a name that a visitor asks for by TLS leads to.
struct TlsMatch {
    enum class Kind : std::uint8_t {
        none,     // nobody has registered it for untouched TLS: TLS ends here
        service,  // `service` is there
        away,     // registered, but its client is not connected at the moment
    } kind = Kind::none;
    HttpService* service = nullptr;  // alive as long as the routes are
};

/// One state of the directory. Immutable: any number of threads may ask it.
class HttpRoutes {
public:
    /// `host` as http::normal_host gives it; `path` of the request's target, without query. Order: the exact host,
    /// `*.x`, `**.x` from the longest x on, `*`; of the first that is known, the paths decide as http::RouteTable has
    /// it. A known host never falls through to a less specific pattern. That a host is known no more takes effect at
    /// once, that of one of its paths with the next change. `path_steps` are what the path has cost.
    HttpMatch find(std::string_view host, std::string_view path, TimePoint now,
                   routes::LookupSteps* path_steps = nullptr) const noexcept;

    /// `name` in the form of net/host_name.hpp; empty: none was asked for, which `*` is for. The host is found in the
    /// same order as above, whatever it was registered for: what belongs to a more specific one never goes to another.
    TlsMatch find_tls(std::string_view name, TimePoint now) const noexcept;
    /// Somebody has registered a name for untouched TLS.
    bool has_passthrough() const noexcept { return passthroughs_ != 0; }

private:
    friend class HttpDirectory;
    enum Form : std::size_t { exact, one_label, any_labels, forms };

    struct Route {
        http::PathRule path;
        std::shared_ptr<HttpService> service;  // null: its client has gone
        TimePoint away_since{};                // then
        bool passthrough = false;              // not of HTTP: a host has at most one

        std::string claimed_path() const { return passthrough ? tls_instead_of_path : path.text(); }
        bool is_for(const HttpDescription& description) const {
            return passthrough == description.passthrough && path == description.path;
        }
    };
    struct Host {
        std::string pattern;
        login::TokenId owner{};
        std::vector<Route> routes;
        std::shared_ptr<const routes::RouteTable> paths;  // to places in `routes`; null: none is of HTTP
        std::optional<std::size_t> passthrough;           // its place in `routes`
    };
    using HostPtr = std::shared_ptr<const Host>;
    struct Hash {
        http::NameHasher hasher;
        std::size_t operator()(std::string_view text) const noexcept {
            return hasher.finish(hasher.piece(hasher.start(), text));
        }
    };
    // A tree of two levels by hash, over some hosts each: a change copies one branch and one leaf, and not ten thousand
    // hosts.
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
        std::string_view key;  // what is behind "*." or "**."
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

    Hash hash_{http::NameHasher(0)};
    Duration known_for_{};
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

    /// Rises with each change of the routes.
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    std::shared_ptr<const HttpRoutes> routes() const;
    /// As the routes have it, at the cost of a load.
    bool has_passthrough() const noexcept { return has_passthrough_.load(std::memory_order_relaxed); }

    // --- for sessions ---

    /// Why this token may not have one of these hosts: they belong to another one. To be asked before the hosts are
    /// claimed at the registry.
    std::optional<Refusal> check_owner(const login::TokenId& token, const std::vector<std::string>& hosts,
                                       TimePoint now) const;

    /// `trunk` carries the service from now on, after the registry has granted its names to the client. Another trunk
    /// of the same client may carry it already; then those that yield are replaced. Null and why: the service is
    /// another one than that trunk's, or another token was faster.
    struct Joined {
        std::shared_ptr<HttpService> service;
        bool first = false;  // nobody had carried it
    };
    Joined join(const ClientId& client, std::uint32_t id, const HttpDescription& description,
                std::shared_ptr<HttpCarrier> trunk, TimePoint now, Refusal& why);

    /// The trunk carries it no more. Without the last one the hosts stay known.
    void leave(HttpService& service, const HttpCarrier& trunk, TimePoint now);
    /// The trunk goes on carrying until another one joins, which then takes its place.
    void yield(HttpService& service, const HttpCarrier& trunk);
    /// Ends it for all its trunks, which hear of it; `trunk` itself does not.
    void close(HttpService& service, const HttpCarrier& trunk, TimePoint now);

    /// The host below `domain` for a service that names none: the one that another trunk of the client has got, or
    /// that a service of this name and token had as long as it is known, else a new one.
    std::string assigned_host(const ClientId& client, std::uint32_t id, const std::string& name,
                              std::string_view domain, Random& random, TimePoint now) const;
    /// The service has joined with a host that was assigned: it is to have that again.
    void remember_assigned(const HttpService& service);
    /// What is known, as it is written down; `wall` is the same moment as `now`. Ports are not its business.
    ClaimRecord claims(TimePoint now, std::chrono::system_clock::time_point wall) const;
    /// Takes in what was known before a restart, as away. Before anybody joins.
    void restore(const ClaimRecord& record, TimePoint now, std::chrono::system_clock::time_point wall);
    /// Called whenever claims() has changed, with the lock held: it must not call back. Empty: nothing is.
    void on_change(std::function<void()> changed);

    /// A new one, also where another is known.
    std::string fresh_host(std::string_view domain, Random& random) const;

private:
    using Key = std::pair<ClientId, std::uint32_t>;
    class Change;
    struct PathBound;

    std::optional<Refusal> owner_refusal(const login::TokenId& token, const std::vector<std::string>& hosts,
                                         TimePoint now) const;
    bool is_carried(const HttpDescription& description) const;
    std::optional<Refusal> bound_refusal(const HttpDescription& description) const;
    void make_room(HttpRoutes::Host& host, const PathBound& bound);
    std::shared_ptr<HttpService> add_service(const ClientId& client, std::uint32_t id,
                                             const HttpDescription& description, TimePoint now);
    void gone(HttpService& service, TimePoint now);
    void forget(Change& change, const login::TokenId& comer, TimePoint now);

    const Settings settings_;
    mutable std::mutex mutex_;
    mutable std::mutex routes_mutex_;           // for an exchange of routes_ alone: workers do not wait for a change
    std::shared_ptr<const HttpRoutes> routes_;  // written with both locks, read with either
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

    /// Valid until the next call, and so are the services that it names; keep shared_from_this() of one for longer.
    const HttpRoutes& get() {
        if (const std::uint64_t version = directory_->version(); version != version_ || !routes_) {
            routes_ = directory_->routes();
            version_ = version;
        }
        return *routes_;
    }

private:
    const std::shared_ptr<const HttpDirectory> directory_;
    std::shared_ptr<const HttpRoutes> routes_;
    std::uint64_t version_ = 0;
};

}  // namespace ferrotunnel::directory
