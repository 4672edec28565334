// Snapshot of a client's trunk for status, metrics and the application.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "directory/group_member.hpp"
#include "directory/http_directory.hpp"
#include "directory/membership.hpp"
#include "metrics/service_counters.hpp"
#include "trunk/traffic.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

/// The state at one moment.
struct SessionView {
    struct Service {
        std::uint32_t id = 0;
        wire::ServiceKind kind = wire::ServiceKind::tcp;
        std::string name;
        std::string endpoint;
        std::uint16_t port = 0;
        IntrusivePtr<trunk::Traffic> traffic;
        std::shared_ptr<const directory::HttpService> http;  // for HTTP
        std::shared_ptr<const metrics::ServiceRow> row;
        bool unhealthy = false;  // the client reports its backend as unhealthy
        std::string why_unhealthy{};
        std::string group{};                                     // the group that shares it; empty: none
        std::shared_ptr<const directory::GroupMember> member{};  // in that group; otherwise null
    };
    bool connected = false;
    bool retired = false;          // replaced by another trunk; its visitors finish
    TimePoint detached_since{};    // its connection is lost and it waits to be resumed; zero if it has one
    directory::ClientId client{};  // common to the trunks of a tunnel
    std::string peer;
    std::string agent;
    std::string tls;  // the encryption of its connection; "plain" without
    std::string token_name;
    std::string name;  // the client's own name for itself, or empty
    std::chrono::system_clock::time_point since;
    std::vector<Service> services;
    std::vector<Service> leaving{};   // services that it no longer carries, while their visitors finish
    wire::ClientMetadata metadata{};  // of the client
};

}  // namespace ferrotunnel::session
