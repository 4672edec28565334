// The engine of a Server: owns its parts, starts them in order, and ends them. docs/architecture/server.md shows which
// part does what, and the order of the locks.
//
// Threads: each session lives on its worker. Each part documents the threads that may call it; the functions here may
// be called on any. No lock is held while user code runs.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "api/connect_access.hpp"
#include "api/event_delivery.hpp"
#include "api/facade_control.hpp"
#include "api/lifecycle.hpp"
#include "api/named_carriers.hpp"
#include "api/port_sharers.hpp"
#include "api/request_records.hpp"
#include "api/server_authentication.hpp"
#include "api/server_certificates.hpp"
#include "api/server_clients.hpp"
#include "api/server_cluster.hpp"
#include "api/server_control.hpp"
#include "api/server_edge.hpp"
#include "api/server_endpoints.hpp"
#include "api/server_handover.hpp"
#include "api/server_listeners.hpp"
#include "api/server_logs.hpp"
#include "api/server_notices.hpp"
#include "api/server_plugins.hpp"
#include "api/server_reload.hpp"
#include "api/server_sessions.hpp"
#include "api/server_statistics.hpp"
#include "api/server_upkeep.hpp"
#include "api/service_dial.hpp"
#include "api/sink_logger.hpp"
#include "api/state_directory.hpp"
#include "ferrotunnel/server.hpp"
#include "runtime/system_random.hpp"
#include "runtime/worker_group.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel {

class Server::Impl final : private detail::Stoppable {
public:
    explicit Impl(detail::ServerSettings&& settings);
    ~Impl();
    Impl(const Impl&) = delete;
    Impl& operator=(const Impl&) = delete;

    // See Server.
    void start(std::error_code& error, std::string& what);
    std::error_code stop(std::chrono::milliseconds drain) { return lifecycle_.stop(drain); }
    bool is_forked() const noexcept { return lifecycle_.is_forked(); }
    std::string tls_pin() const;
    std::string add_listener(Visitors visitors, const std::string& address);
    bool remove_listener(const std::string& address);
    void start_open(const OpenTarget& target, std::shared_ptr<detail::OpenAttempt> attempt);
    void note_reload(bool applied, std::string_view outcome);
    asio::any_io_executor executor() const;

    // The parts whose functions the facade calls.
    std::string address(detail::Endpoint endpoint) const { return endpoints_.address(endpoint); }
    const detail::ServerStatistics& statistics() const noexcept { return statistics_; }
    const detail::ServerPlugins& plugins() const noexcept { return plugins_; }
    detail::ServerClients& clients() noexcept { return clients_; }
    detail::ServerReload& reload() noexcept { return reload_; }
    detail::ServerHandover& handover() noexcept { return handover_; }
    detail::FacadeControl& control() noexcept { return control_; }
    const detail::ServerAuthentication& authentication() const noexcept { return *authentication_; }
    audit::AuditLog& audit() noexcept { return *shared_->audit; }

private:
    std::error_code open(const detail::ServerSettings& settings, std::string& what);
    std::error_code open_visitors(const detail::ServerSettings& settings, runtime::Fd& clients, std::string& what);
    std::error_code open_control(const detail::ServerSettings& settings, std::string& what);
    void log_warnings(const detail::ServerSettings& settings);
    void refuse_newcomers();
    void refuse_visitors();

    void begin_drain() override;
    bool has_drained() override;
    bool has_visitors() const override;
    bool in_callback() const override;
    void cut_off() override;
    void shut_down(bool was_started) override;

    // In order of use: each is created before those that need it for their creation.
    runtime::SystemRandom random_;
    detail::SinkLogger log_;
    detail::ServerPlugins plugins_;  // ends after everything that could still hold one
    const std::unique_ptr<runtime::WorkerGroup> workers_;
    const std::shared_ptr<session::ServerShared> shared_;
    detail::ServerLogs logs_;
    detail::SpanSender traces_;
    detail::FacadeControl control_;
    detail::EventDelivery events_;
    detail::Lifecycle lifecycle_;
    detail::ServerNotices notices_;
    detail::ServerSessions sessions_;
    detail::SharedRights shared_rights_;
    const std::shared_ptr<detail::ServerAuthentication> authentication_;
    detail::ServerClients clients_;
    detail::ServiceDial dial_;
    const detail::NamedCarriers carriers_;
    const detail::ConnectAccess connect_access_;
    detail::ServerEndpoints endpoints_;
    detail::ServerListeners listeners_;
    detail::PortSharers sharers_;
    detail::ServerEdge edge_;
    detail::ServerCluster cluster_;
    detail::ServerCertificates certificates_;
    detail::StateDirectory state_;
    detail::ServerUpkeep upkeep_;
    detail::ServerStatistics statistics_;
    detail::ServerHandover handover_;
    detail::ServerReload reload_;
    bool are_clients_moving_ = false;  // to other members, during a drain; for the thread that stops the server
};

}  // namespace ferrotunnel
