// The control API of a Server.
#pragma once

#include <memory>

#include "admin/subject.hpp"
#include "api/facade_control.hpp"
#include "api/lifecycle.hpp"
#include "api/server_clients.hpp"
#include "api/server_endpoints.hpp"
#include "api/server_handover.hpp"
#include "api/server_plugins.hpp"
#include "api/server_sessions.hpp"
#include "api/server_statistics.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// Called on the control API's thread, which FacadeControl ends before the parts that this needs.
class ServerControl final : public admin::Subject {
public:
    struct Needs {
        std::shared_ptr<session::ServerShared> shared;
        const Lifecycle& lifecycle;
        FacadeControl& control;
        const ServerEndpoints& endpoints;
        const ServerSessions& sessions;
        const ServerStatistics& statistics;
        const ServerPlugins& plugins;
        ServerClients& clients;
        ServerHandover& handover;
    };
    explicit ServerControl(Needs needs) : needs_(std::move(needs)) {}

    admin::Answer status() override;
    void metrics(metrics::Exposition& to) override;
    std::string why_not_ready() override;
    admin::Answer tunnels() override;
    admin::Answer services() override;
    admin::Answer tokens() override;
    admin::Answer route(const admin::RouteQuery& question) override;
    admin::Answer kick(const std::string& client, std::chrono::milliseconds out) override;
    admin::Answer request_client(const std::string& client, const admin::Json& request) override;
    admin::EventRing& events() override { return needs_.control.events(); }
    admin::Answer reload() override { return needs_.control.reload(); }
    admin::Answer try_reload(std::optional<std::chrono::milliseconds> time) override;
    admin::Answer compare() override { return needs_.control.compare(); }
    admin::Answer configuration() override { return needs_.control.configuration(); }
    admin::Answer sockets(std::size_t first) override { return needs_.handover.answer_sockets(first); }
    admin::Answer hand_over() override { return needs_.handover.begin(); }
    admin::Answer drain(std::optional<std::chrono::milliseconds> time) override;

private:
    admin::Json kept_out() const;

    const Needs needs_;
};

}  // namespace ferrotunnel::detail
