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
// Locks: the directory's, then a service's. None is held while a carrier is called.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/limits.hpp"
#include "tunnel/carrier_list.hpp"
#include "tunnel/http_carrier.hpp"
#include "tunnel/registry.hpp"

namespace ferrotunnel::tunnel {

/// What a client has said about an HTTP service. A value: two registrations are compared by it.
struct HttpDescription {
    std::string name;                // for logs
    std::string token_name;          // for logs
    std::vector<std::string> hosts;  // normalised: "app.example.com", "*.example.com", "**.example.com", "*"
    std::string path = "/";          // what is below this prefix, on the boundaries of segments

    friend bool operator==(const HttpDescription&, const HttpDescription&) = default;
};

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
    /// just answered that they have no room). Nothing: nobody is left.
    std::optional<Carrier> choose(const std::vector<const HttpCarrier*>& passed = {});

    /// Changes whenever a carrier joins or leaves. An idle stream to the backend is looked at again then: one whose
    /// carrier does not carry any more is closed, so that a trunk which drains comes to its end.
    std::uint64_t carriers_version() const noexcept { return carriers_version_.load(std::memory_order_acquire); }
    bool carries(const HttpCarrier& trunk) const;

private:
    friend class HttpDirectory;

    const std::uint64_t serial_;
    const HttpDescription description_;
    const ClientId client_;
    const std::uint32_t id_;
    std::atomic<std::uint64_t> carriers_version_{0};
    mutable std::mutex mutex_;
    CarrierList<HttpCarrier> carriers_;
};

/// What a host and path lead to.
struct HttpMatch {
    enum class Kind : std::uint8_t {
        service,       // `service` is there
        unknown_host,  // 404: nobody has registered it
        unknown_path,  // 404: the host is there, but nobody has registered what is at this path
        away,          // 503 with Retry-After: registered, but its client is not connected at the moment
    } kind = Kind::unknown_host;
    HttpService* service = nullptr;  // alive as long as the routes are
    std::string_view host_pattern;   // which pattern has matched; of the routes
};

/// One state of the directory. Immutable: any number of threads may ask it.
class HttpRoutes {
public:
    /// `host` as routing wants it: lower case, without port and final dot. `path`: of the request's target, without
    /// query, beginning with "/". Order: the exact host, `*.x`, `**.x` from the longest x on, `*`; below the first
    /// that is known, the longest path prefix. A known host never falls through to a less specific pattern.
    HttpMatch find(std::string_view host, std::string_view path, TimePoint now) const noexcept;

private:
    friend class HttpDirectory;
    struct Host;
    struct Shard;
};

class HttpDirectory {
public:
    struct Settings {
        std::size_t known_hosts_max = limits::http_known_hosts_max;
        Duration known_for = limits::http_host_known_for;
    };

    HttpDirectory() : HttpDirectory(Settings{}) {}
    explicit HttpDirectory(const Settings& settings);
    ~HttpDirectory();

    // --- for every worker ---

    /// Rises with each change of the routes.
    std::uint64_t version() const noexcept { return version_.load(std::memory_order_acquire); }
    std::shared_ptr<const HttpRoutes> routes() const;

    // --- for sessions ---

    /// Why this token may not have one of these hosts: they belong to another one. To be asked before the hosts are
    /// claimed at the registry.
    std::optional<Refusal> check_owner(const TokenId& token, const std::vector<std::string>& hosts,
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

private:
    std::atomic<std::uint64_t> version_{0};
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

}  // namespace ferrotunnel::tunnel
