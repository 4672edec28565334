// State shared by all sessions of a client, and the statement of each login.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/self_loop_detector.hpp"
#include "base/log.hpp"
#include "base/published.hpp"
#include "directory/shared_port.hpp"
#include "inspect/inspector.hpp"
#include "login/handshake_client.hpp"
#include "metrics/service_counters.hpp"
#include "session/server_access.hpp"
#include "session/server_instances.hpp"
#include "transport/tls_context.hpp"
#include "trunk/datagram_counts.hpp"
#include "trunk/resume_counts.hpp"
#include "trunk/trunk.hpp"

namespace ferrotunnel::session {

/// Shared by all sessions of a client.
struct ClientShared {
    std::vector<net::HostPort> servers{};          // of the settings, in their order, no two equal; at least one
    std::vector<net::HostPort> known_servers{};    // others of the cluster, which an earlier start has learned
    ServerAccessFor access{};                      // how each is reached; empty: directly, with `tls`
    std::shared_ptr<transport::TlsContext> tls;    // null: no TLS
    Published<std::optional<login::Token>> token;  // for logins from now on; always set
    std::string name;                              // the user's name for this client
    std::string identity{};                        // by which a successor identifies itself; empty: none
    wire::ClientMetadata metadata{};               // set by the user
    wire::InstanceId instance{};
    mux::Settings mux;
    Duration handshake_deadline = limits::handshake_deadline;
    IntrusivePtr<trunk::Traffic> traffic = make_intrusive<trunk::Traffic>(trunk::Traffic::Of::all_workers);
    std::shared_ptr<trunk::TrafficRegistry> traffic_registry = std::make_shared<trunk::TrafficRegistry>();
    std::shared_ptr<metrics::ServiceCounters> services = std::make_shared<metrics::ServiceCounters>();
    std::shared_ptr<trunk::MemoryGovernor> memory =
        std::make_shared<trunk::MemoryGovernor>(limits::memory_settable_max);
    std::shared_ptr<backend::SelfLoopDetector> self_loop_detector = std::make_shared<backend::SelfLoopDetector>();
    std::shared_ptr<trunk::DatagramCounts> datagrams = std::make_shared<trunk::DatagramCounts>();
    std::shared_ptr<trunk::ResumeCounts> resume_counts = std::make_shared<trunk::ResumeCounts>();
    directory::DatagramOpener open_udp;               // for visits to UDP services; empty: none
    std::shared_ptr<inspect::Inspector> inspector{};  // null if exchanges are not recorded
    Logger* log = nullptr;
    Random* random = nullptr;
};

/// A server, and how it is reached.
struct ServerTarget {
    net::HostPort address;
    ServerAccess access;
};

/// Identifies a login of the client, as stated in its hello, and where it is made.
struct ClientLogin {
    std::shared_ptr<const ServerTarget> server{};
    unsigned side = 0;                             // of the link
    std::shared_ptr<ServerInstances> instances{};  // null: the link has one side
    std::uint64_t epoch = 1;
    std::uint64_t attempt = 0;
    std::uint32_t trunk = 1;   // k ...
    std::uint32_t trunks = 1;  // ... of n
    bool replaces = false;     // it wants to replace the client with the same identity
};

ServerTarget target_of(const ClientShared& shared, const net::HostPort& server);

/// The settings of a login on this pipe.
login::ClientHandshake::Settings login_settings(const ClientShared& shared, const ClientLogin& login,
                                                transport::Pipe& pipe);

}  // namespace ferrotunnel::session
