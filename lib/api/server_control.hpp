// The control API of a Server.
#pragma once

#include <memory>

#include "admin/subject.hpp"
#include "api/facade_control.hpp"
#include "api/lifecycle.hpp"
#include "api/server_certificates.hpp"
#include "api/server_clients.hpp"
#include "api/server_cluster.hpp"
#include "api/server_edge.hpp"
#include "api/server_endpoints.hpp"
#include "api/server_handover.hpp"
#include "api/server_plugins.hpp"
#include "api/server_sessions.hpp"
#include "api/server_statistics.hpp"
#include "api/shared_tokens.hpp"
#include "api/token_table.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::detail {

/// What answers are made of.
struct ServerControlNeeds {
    std::shared_ptr<session::ServerShared> shared;
    const Lifecycle& lifecycle;
    FacadeControl& control;
    const ServerEndpoints& endpoints;
    const ServerSessions& sessions;
    const ServerStatistics& statistics;
    const ServerPlugins& plugins;
    ServerClients& clients;
    ServerHandover& handover;
    const ServerEdge& edge;
    const ServerCluster& cluster;
    ServerCertificates& certificates;
    const TokenTable& tokens;
    SharedTokens& shared_tokens;
};

/// Called on the control API's thread, which FacadeControl ends before the parts that this needs.
std::unique_ptr<admin::Subject> make_server_control(ServerControlNeeds needs);

}  // namespace ferrotunnel::detail
