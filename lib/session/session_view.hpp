// A trunk of a connected client as others see it: status, metrics and the application.
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
#include "metrics/service_book.hpp"
#include "trunk/traffic.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::session {

/// As it is at one moment.
struct SessionView {
    struct Service {
        std::uint32_t id = 0;
        wire::ServiceKind kind = wire::ServiceKind::tcp;
        std::string name;
        std::string endpoint;
        std::uint16_t port = 0;
        std::shared_ptr<trunk::Traffic> traffic;
        std::shared_ptr<const directory::HttpService> http;  // for HTTP
        std::shared_ptr<const metrics::ServiceRow> row;
        bool unhealthy = false;  // what is behind it, as its client says
        std::string why_unhealthy{};
        std::string group{};                                     // that shares it; empty: there is none
        std::shared_ptr<const directory::GroupMember> member{};  // of that; else null
    };
    bool connected = false;
    bool retired = false;          // another trunk has taken its place; its visitors finish
    TimePoint waits_since{};       // for its client, its connection being lost; zero: it has one
    directory::ClientId client{};  // what the trunks of a tunnel have in common
    std::string peer;
    std::string agent;
    std::string token_name;
    std::string name;  // the client's own name for itself, or empty
    std::chrono::system_clock::time_point since;
    std::vector<Service> services;
    std::vector<Service> leaving{};  // those that it carries no more, while their visitors finish
};

}  // namespace ferrotunnel::session
