// One state of the directory: maps a host and path to a service.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/name_hash.hpp"
#include "directory/claim_name.hpp"
#include "directory/http_service.hpp"
#include "directory/remote_leaf.hpp"
#include "directory/right_rules.hpp"
#include "routes/route_table.hpp"

namespace ferrotunnel::directory {

/// The result of looking up a host and path.
struct HttpMatch {
    enum class Kind : std::uint8_t {
        service,         // `service` is set
        unknown_host,    // 404: not registered
        unknown_path,    // 404: the host is registered, but not this path
        offline,         // 503 with Retry-After: registered, but its client is not connected at the moment
        bad_path,        // 400: the path must not be forwarded, `fault` has the reason
        ambiguous_path,  // 400: it can be read in several ways, which lead to different services
    } kind = Kind::unknown_host;
    HttpService* service = nullptr;  // alive as long as the routes are
    std::string_view host_pattern;   // the pattern that has matched; points into the routes
    TimePoint offline_since{};       // for `offline`: since when; after a restart, since the start at the latest
    http::PathFault fault = http::PathFault::none;
};

/// The result of looking up a TLS server name.
struct TlsMatch {
    enum class Kind : std::uint8_t {
        none,     // not registered for passthrough: TLS ends here
        service,  // `service` is set
        offline,  // registered, but its client is not connected at the moment
    } kind = Kind::none;
    HttpService* service = nullptr;  // alive as long as the routes are
    TimePoint offline_since{};       // for `offline`, as in HttpMatch
};

/// The present holder of a service's host and path.
struct HttpSuccessor {
    enum class Kind : std::uint8_t {
        nobody,  // none, or still the service itself
        same,    // `service` gets the same requests: its rules are equal, and neither client requests plugins
        other,   // another one, which a request rewritten and counted for the old service must not use
    } kind = Kind::nobody;
    HttpService* service = nullptr;  // for `same`; alive as long as the routes are
};

/// A snapshot of the directory. Immutable: any number of threads may use it.
class HttpRoutes {
public:
    /// Finds the service for a host and path. `host` has the form of http::normal_host; `path` is that of the request's
    /// target, in canonical form and without query. Order: the exact host, `*.x`, `**.x` from the longest x on, `*`; in
    /// the first that is known, the paths decide as in routes::RouteTable. A known host never falls through to a less
    /// specific pattern. When a host stops being known, that takes effect at once; for one of its paths, with the next
    /// change. `path_steps` counts the cost of the path. While other members report (is_learning()), what has no client
    /// here is offline.
    HttpMatch find(std::string_view host, std::string_view path, TimePoint now,
                   routes::LookupSteps* path_steps = nullptr) const noexcept;
    /// The same by what is known now, whether or not other members have reported.
    HttpMatch find_known(std::string_view host, std::string_view path, TimePoint now) const noexcept;

    /// Finds the service for a TLS server name. `name` has the form of net/host_name.hpp; if it is empty, only `*`
    /// matches. The host is found in the same order as in find(), whatever it was registered for: a name that belongs
    /// to a more specific host never falls through to another.
    TlsMatch find_tls(std::string_view name, TimePoint now) const noexcept;
    /// Whether a request for a service without a trunk can use another service.
    HttpSuccessor find_successor(const HttpService& service) const noexcept;
    /// Whether any name is registered for TLS passthrough.
    bool has_passthrough() const noexcept { return passthroughs_ != 0; }
    /// Whether hosts and paths without a client may be those of other members, which have not reported them yet.
    bool is_learning(TimePoint now) const noexcept { return now < learning_until_; }

private:
    friend class HttpDirectory;
    friend class RemoteHosts;
    enum Form : std::size_t { exact, one_label, any_labels, forms };

    /// What other members of a cluster have of a name.
    struct Remote {
        std::shared_ptr<HttpService> service;  // null: no member that can be reached has it
        TimePoint offline_since{};             // then: since when
        login::TokenId owner{};
        bool is_there = false;  // they have it
    };
    struct Route {
        http::PathRule path;
        std::shared_ptr<HttpService> service;  // null if its client is offline
        TimePoint offline_since{};             // if its client is offline
        bool passthrough = false;              // for TLS passthrough; a host has at most one
        bool own = true;                       // a client of this server has it, or had it; false: only `remote`
        Remote remote{};

        /// Where visitors go: to an own client, or else to another member. Null: nowhere at the moment.
        HttpService* target() const noexcept { return service != nullptr ? service.get() : remote.service.get(); }
        /// Without a target: since when visitors wait.
        TimePoint waits_since() const noexcept {
            return !remote.is_there ? offline_since
                   : own            ? std::max(offline_since, remote.offline_since)
                                    : remote.offline_since;
        }
        std::string claimed_path() const { return passthrough ? tls_instead_of_path : path.text(); }
        bool is_for(const HttpDescription& description) const {
            return passthrough == description.passthrough && path == description.path;
        }
    };
    struct Host {
        std::string pattern;
        login::TokenId owner{};   // of what own clients have, or had
        login::TokenId holder{};  // of the host as a whole: the owner, unless only other members have a client for it
        std::vector<Route> routes;
        std::shared_ptr<const routes::RouteTable> paths;  // values are indexes in `routes`; null: no HTTP
        std::optional<std::size_t> passthrough;           // its index in `routes`

        bool has_own() const noexcept {
            return std::any_of(routes.begin(), routes.end(), [](const Route& route) { return route.own; });
        }
        /// If nobody but other members has the host, and as a whole: what they have. Otherwise null.
        const Remote* only_remote() const noexcept {
            const bool is_one = routes.size() == 1 && !routes.front().own && !routes.front().passthrough &&
                                routes.front().path == http::PathRule{};
            return is_one ? &routes.front().remote : nullptr;
        }
        /// Own clients no longer have the routes for which `is_it(route)` is true. Those that other members have stay.
        template <typename Is>
        void remove_own(const Is& is_it) {
            for (Route& route : routes) {
                if (route.own && is_it(route)) {
                    route.own = false;
                    route.service = nullptr;
                }
            }
            std::erase_if(routes, [](const Route& route) { return !route.own && !route.remote.is_there; });
        }
    };
    using HostPtr = std::shared_ptr<const Host>;
    struct Hash {
        NameHasher hasher;
        std::size_t operator()(std::string_view text) const noexcept {
            return hasher.finish(hasher.piece(hasher.start(), text));
        }
    };
    /// A host in one of its two forms: exact ones with Host::only_remote() are in the second one. Both null: none.
    struct Found {
        const Host* host = nullptr;
        const RemoteLeaf::Host* remote = nullptr;

        explicit operator bool() const noexcept { return host != nullptr || remote != nullptr; }
        const login::TokenId& holder() const noexcept { return host != nullptr ? host->holder : remote->owner; }
        /// The host as something to change.
        Host copy(const std::string& pattern) const;
    };
    // The hosts are in a two-level hash tree with a few hosts at each leaf: a change of one host copies one branch and
    // one leaf, not ten thousand hosts, and a change of many copies none twice.
    static constexpr std::size_t width = 64;
    struct Leaf {
        std::size_t hash = 0;
        HostPtr host;
    };
    struct Leaves {
        std::vector<Leaf> hosts;
        RemoteLeaf remote;
    };
    using Branch = std::array<std::shared_ptr<Leaves>, width>;
    using Tree = std::array<std::shared_ptr<Branch>, width>;

    struct Place {
        Form form = exact;
        std::string_view key;  // the part after "*." or "**."
    };
    static Place place_of(std::string_view pattern) noexcept;
    static std::size_t branch_of(std::size_t hash) noexcept { return hash % width; }
    static std::size_t leaves_of(std::size_t hash) noexcept { return hash / width % width; }
    template <typename Part>
    static Part& own_part(std::shared_ptr<Part>& part);
    void put(const Place& place, HostPtr host);
    /// `target`: of an earlier call of the same change, or null; set to that of this one.
    void put_remote(const Place& place, const Remote& remote, IntrusivePtr<const RemoteTarget>& target);
    static void erase(std::vector<Leaf>& leaves, std::size_t hash, std::string_view key) noexcept;
    template <typename Action>
    void for_each_host(Action action) const;
    Found find_at(const Place& place) const noexcept;
    /// Without the hosts that only other members have as a whole.
    const Host* host_at(const Place& place) const noexcept { return find_at(place).host; }
    bool is_known(const Route& route, TimePoint now) const noexcept;
    bool is_own_known(const Route& route, TimePoint now) const noexcept;
    bool is_known(const Host& host, TimePoint now) const noexcept;
    bool is_known(const Found& found, TimePoint now) const noexcept {
        return found.host != nullptr ? is_known(*found.host, now) : found.remote != nullptr;
    }
    HttpMatch while_learning(const Found& found, const HttpMatch& known) const noexcept;
    HttpMatch match(const Found& found, std::string_view path, routes::LookupSteps* steps) const noexcept;
    HttpMatch match(const Host& host, std::string_view path, routes::LookupSteps* steps) const noexcept;
    HttpMatch match(const RemoteLeaf::Host& host, std::string_view path, routes::LookupSteps* steps) const noexcept;
    void build(Host& host, std::uint64_t seed) const;
    static login::TokenId holder_of(const Host& host) noexcept;
    static std::size_t own_expressions(const Host& host) noexcept;
    Found known_host_for(std::string_view host, TimePoint now) const noexcept;

    Found nearest_host_for(std::string_view host, TimePoint now) const noexcept;

    Hash hash_{NameHasher(0)};
    Duration known_for_{};
    std::shared_ptr<const RightRules> rules_ = std::make_shared<RightRules>();
    std::array<Tree, forms> hosts_;
    HostPtr default_;
    std::size_t passthroughs_ = 0;  // hosts that have one
    TimePoint learning_since_ = TimePoint::min();
    TimePoint learning_until_ = TimePoint::min();
    std::shared_ptr<const routes::RouteTable> all_paths_;  // of each host whose only path is "/"
};

}  // namespace ferrotunnel::directory
