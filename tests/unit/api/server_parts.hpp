// The parts of a Server without the Server: tied together as it ties them, each to be called alone.
#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "api/connect_access.hpp"
#include "api/named_carriers.hpp"
#include "api/port_sharers.hpp"
#include "api/server_certificates.hpp"
#include "api/server_clients.hpp"
#include "api/server_edge.hpp"
#include "api/server_endpoints.hpp"
#include "api/server_handover.hpp"
#include "api/server_listeners.hpp"
#include "api/server_notices.hpp"
#include "api/server_plugins.hpp"
#include "api/server_reload.hpp"
#include "api/server_sessions.hpp"
#include "api/server_shared_state.hpp"
#include "api/server_statistics.hpp"
#include "api/server_upkeep.hpp"
#include "api/service_dial.hpp"
#include "api/state_directory.hpp"
#include "support/eventually.hpp"
#include "unit/runtime/loop.hpp"
#include "unit/runtime/loopback.hpp"
#include "unit/session/wire_client.hpp"
#include "unit/transport/pipes.hpp"

namespace ferrotunnel::detail {

/// Of a server without TLS and HTTP, at any port of 127.0.0.1, with a single token called "one".
inline ServerSettings plain_server_settings() {
    ServerSettings settings;
    settings.bind = "127.0.0.1:0";
    settings.tcp_bind = "127.0.0.1";
    settings.tls = false;
    settings.workers = 1;
    settings.tokens.push_back({Secret::generate(), "one"});
    REQUIRE(problems_of(settings).empty());
    return settings;
}

/// Nothing is opened: a test does what it needs. The worker runs.
class ServerParts : private Stoppable {
public:
    explicit ServerParts(ServerSettings settings = plain_server_settings())
        : given(std::move(settings)), shared(make_server_shared(given, workers, log, random)) {
        shared->notify = [this](const session::ServerNotice& notice) { notices.notify(notice); };
        workers.start();
    }
    ~ServerParts() {
        workers.stop();
        workers.join();
        listeners.shut_down();
        upkeep.shut_down();
        edge.close_front();
        plugins.close();
        sessions.abandon();
        shared->ports->end();
    }

    runtime::Worker& worker() { return workers.at(0); }
    /// A connection of a client, which has not logged in.
    session::test::WireClient connect(const session::test::Caller& caller = {}) {
        auto [near, far] = transport::test::tcp_pair();
        runtime::test::on(worker(), [&, socket = std::make_shared<runtime::Fd>(std::move(near))] {
            sessions.admit(std::move(*socket), runtime::peer_address(socket->get()));
        });
        return {std::move(far), shared->tokens.get()->front().token, caller};
    }
    std::vector<Event> told() const {
        const std::lock_guard lock(mutex_);
        return events_;
    }
    std::size_t sessions_ended() const {
        const std::lock_guard lock(mutex_);
        return ended_;
    }

    const ServerSettings given;
    runtime::SystemRandom random;
    SinkLogger log{{}, LogLevel::off};
    ServerPlugins plugins{{}, {}, {}, log};
    runtime::WorkerGroup workers{1};
    const std::shared_ptr<session::ServerShared> shared;
    const IntrusivePtr<OwnerLife> life = make_intrusive<OwnerLife>();
    AuditWriter audit{shared->audit, log};
    AccessLogWriter access_log{1, log};
    SpanSender traces{log};
    FacadeControl control{log};
    EventDelivery events{CalledBy::whoever,
                         [this](const Event& event) {
                             const std::lock_guard lock(mutex_);
                             events_.push_back(event);
                         },
                         log, control.events()};
    Lifecycle lifecycle{*this, workers, "Server"};
    ServerNotices notices{events, log};
    ServerSessions sessions{{workers, shared, log, [this] {
                                 const std::lock_guard lock(mutex_);
                                 ++ended_;
                             }}};
    SharedRights shared_rights{{workers, shared, sessions, log}};
    ServerClients clients{{sessions, shared->kicked, events, log,
                           [this](const auto& who, Duration time) { shared_rights.publish(who, time); }}};
    ServiceDial dial{{workers, sessions, *shared, life, shared->mux.open_deadline}};
    const NamedCarriers carriers{*shared};
    const ConnectAccess connect_access{*shared, carriers};
    ServerEndpoints endpoints;
    ServerListeners listeners{{workers, shared, log, endpoints, sessions, connect_access}};
    std::vector<runtime::SocketAddress> clients_shared;  // at a port of the edge
    PortSharers sharers{
        {carriers, log, [this](runtime::Fd, const runtime::SocketAddress& from) { clients_shared.push_back(from); }}};
    ServerEdge edge{
        {workers, shared, log, random, listeners, sharers, access_log, traces, [this] { ++certificate_changes; }}};
    std::atomic<int> certificate_changes{0};
    ServerCluster cluster{{workers, shared, log, random, listeners, edge, control}};
    ServerCertificates certificates{{shared, log, random, edge, sessions}};
    StateDirectory state{{workers, shared, log, random}};
    ServerUpkeep upkeep{{workers, shared, log, sessions}};
    ServerStatistics statistics{{workers, shared, sessions, notices, traces, [this] { return edge.totals(); }}};
    ServerHandover handover{
        {workers, shared, log, lifecycle, control, endpoints, sessions, listeners, edge, state, cluster}};
    ServerReload reload{ServerSettings(given),
                        {workers, shared, log, random, lifecycle, sessions, plugins, audit, access_log, traces, sharers,
                         edge, cluster, certificates, state, upkeep, shared_rights}};

private:
    void begin_drain() override {}
    bool has_drained() override { return true; }
    bool has_visitors() const override { return false; }
    void cut_off() override {}
    bool in_callback() const override { return false; }
    void shut_down(bool) override {}

    mutable std::mutex mutex_;
    std::vector<Event> events_;
    std::size_t ended_ = 0;
};

}  // namespace ferrotunnel::detail
