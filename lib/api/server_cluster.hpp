// A Server as a member of a cluster: its listener for other members, its key, and its peers::Cluster.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "api/facade_control.hpp"
#include "api/member_addresses.hpp"
#include "api/server_edge.hpp"
#include "api/server_listeners.hpp"
#include "api/shared_quotas.hpp"
#include "base/mutex.hpp"
#include "base/random.hpp"
#include "directory/sticky.hpp"
#include "peers/cluster.hpp"
#include "settings/settings.hpp"
#include "transport/cluster_key.hpp"

namespace ferrotunnel::detail {

/// The key of sticky cookies that all members derive. Throws transport::TlsConfigError if OpenSSL cannot.
std::shared_ptr<const directory::StickyKey> sticky_key_of(const transport::ClusterKeys& keys);

/// Without `cluster` in the settings every function does nothing. open() to start() are called by the thread that
/// starts the server, changed_keys() and set_keys() by one change at a time (ServerReload::Change), the others as each
/// states.
class ServerCluster {
public:
    using Keys = std::shared_ptr<const transport::ClusterKeys>;

    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        Random& random;
        ServerListeners& listeners;
        const ServerEdge& edge;
        FacadeControl& control;               // for requests of other members
        std::function<void()> announce{};     // addresses of services, and notes about them, may have changed
        std::function<void()> values_read{};  // peers::Cluster::Needs
    };
    explicit ServerCluster(Needs needs) : needs_(std::move(needs)) {}
    ~ServerCluster();
    ServerCluster(const ServerCluster&) = delete;
    ServerCluster& operator=(const ServerCluster&) = delete;

    /// Reads the key and listens. If that fails, `what` is the failed step.
    runtime::Fd open(const ServerSettings& settings, std::error_code& error, std::string& what);
    /// When the edge is open, and before clients are admitted: from now on sessions claim their names. Fails like
    /// open().
    std::error_code create(const ServerSettings& settings, std::string& what);
    /// Accepts other members and dials them, on the first worker.
    void start(runtime::Fd listener);

    /// The keys of the file if they differ from those in use; null: they do not. Throws config_error.
    Keys changed_keys(const ServerSettings& settings) const;
    /// For new links; present ones stay. If OpenSSL fails, the log says so, and the keys in use stay.
    void set_keys(Keys keys);
    /// For the welcomes of this and all other members from now on; empty: none. By one change at a time.
    void set_public(const std::string& address);
    /// Whether requests of other members are answered, or refused.
    void allow_control(bool allow) noexcept { needs_.control.allow_members(allow); }

    /// Null without a cluster, and before create(). Thread-safe.
    std::shared_ptr<peers::Cluster> get() const;
    /// Visitors that are forwarded to and from other members now. Thread-safe.
    std::uint64_t visitors() const;

    /// No new links; present ones stay for their visitors. Any thread.
    void drain() noexcept;
    /// Another process is about to have this member's place: routes to other members stay as they are now. Any thread.
    void freeze() noexcept;
    /// After drain(): other members open no more streams here.
    void hand_over() noexcept;
    /// Ends all links. When no worker runs any more, and before the edge is destroyed.
    void stop() noexcept;

private:
    const Needs needs_;
    Keys keys_;                                   // in use; null: no cluster
    std::shared_ptr<MemberAddresses> addresses_;  // null until create()
    std::unique_ptr<SharedQuotas> quotas_;        // likewise
    mutable Mutex mutex_;
    std::shared_ptr<peers::Cluster> cluster_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail
