// The HTTP edge of a Server: its listeners, with and without TLS, including those added at run time, and its rules.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <system_error>

#include "api/edge_tls.hpp"
#include "api/port_sharers.hpp"
#include "api/request_records.hpp"
#include "api/server_listeners.hpp"
#include "base/mutex.hpp"
#include "base/random.hpp"
#include "exchange/exchange_shared.hpp"
#include "ferrotunnel/server.hpp"
#include "ingress/http_front.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {

/// open() and changes are called by one thread at a time (ServerReload::Change); close() when no worker runs any more;
/// the functions between them, drain() to connections() and totals(), by any thread.
class ServerEdge {
public:
    struct Needs {
        runtime::WorkerGroup& workers;
        std::shared_ptr<session::ServerShared> shared;
        SinkLogger& log;
        Random& random;
        ServerListeners& listeners;
        PortSharers& sharers;
        const AccessLogWriter& access_log;
        const SpanSender& traces;
        /// Certificates for visitors have changed. Called on any thread.
        std::function<void()> on_certificates;
    };
    explicit ServerEdge(Needs needs)
        : needs_(std::move(needs)),
          tls_(needs_.log, needs_.on_certificates, [this](std::string_view host) { return use_of(host); }) {}
    ServerEdge(const ServerEdge&) = delete;
    ServerEdge& operator=(const ServerEdge&) = delete;

    /// Opens the listeners of the settings, if any. Everything that can fail comes first, so that it may be tried
    /// again; then `what` is the failed step. `clients` is the port for clients; if the edge shares it, the edge takes
    /// the socket.
    std::error_code open(const ServerSettings& settings, const exchange::HooksFactory& hooks, runtime::Fd& clients,
                         std::string& what);
    /// Null before open(), and without listeners.
    ingress::HttpFront* front() const noexcept { return front_.get(); }
    /// Visitors and requests from now on use the rules of these settings.
    void set_rules(const ServerSettings& settings);
    EdgeTls& tls() noexcept { return tls_; }
    const EdgeTls& tls() const noexcept { return tls_; }

    /// See Server::add_listener; `what` starts the text of its exceptions. Before open() it fails.
    std::string add(Server::Visitors visitors, const runtime::SocketAddress& at, const std::string& what);
    bool remove(const std::string& address);

    /// See HttpFront; without listeners these do nothing, and connections() is 0.
    void drain() noexcept;
    void retire() noexcept;
    void stop() noexcept;
    std::size_t connections() const noexcept;
    /// The edge's counters. Null if there is no edge.
    std::shared_ptr<const exchange::EdgeCounters> totals() const;

    void close_front() noexcept { front_.reset(); }
    void close_tls() noexcept { tls_.close(); }

private:
    HostUse use_of(std::string_view host) const;
    ingress::HttpFrontRules rules_of(const ServerSettings& settings) const;
    ingress::HttpListenerSettings plain_listener() const;
    ingress::HttpListenerSettings tls_listener() const;
    ingress::HttpListenerSettings announce_plain(const runtime::SocketAddress& at);
    void listen_plain(runtime::Fd listener, bool with_clients);
    void listen_tls(runtime::Fd listener, bool with_clients, bool with_plain);

    const Needs needs_;
    EdgeTls tls_;
    net::IpNetworks proxies_;
    std::unique_ptr<ingress::HttpFront> front_;  // kept until no worker runs any more
    std::set<std::string> added_;                // by address
    mutable Mutex mutex_;                        // acquired last
    std::shared_ptr<const exchange::EdgeCounters> totals_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::detail
