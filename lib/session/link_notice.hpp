// Notice about an event of a client's link.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::session {

struct LinkNotice {
    enum class Kind : std::uint8_t {
        connected,     // the first trunk is open
        joined,        // another trunk is open
        degraded,      // a trunk broke or could not be made, while others are open
        lost,          // no trunk is open: the last one broke, or the first could not be made
        reconnecting,  // after `lost`
        registered,
        unreachable,  // a service that is being registered again
        refused,      // a service, or the login (id 0)
        waiting,      // a trunk was lost, and its session waits to be resumed
        resumed,      // the session was resumed
        draining,     // announced by the server
        took_over,    // it has replaced others; with a code it cannot, `text` has the reason
        replaced,     // another client has replaced it, as the server reports
        healthy,      // the backend of a service; also reported after the first check
        unhealthy,
        stopped,
    } kind = Kind::connected;
    std::uint32_t service = 0;
    std::string endpoint{};
    std::uint16_t port = 0;
    wire::Code code = wire::Code::none;
    std::string text{};
    Duration retry_in{};   // degraded, reconnecting; refused service: when it is requested again
    unsigned trunk = 0;    // the trunk concerned, from 1
    bool broke = false;    // degraded, lost: whether an open trunk broke
    bool settled = false;  // lost: the server has decided, and only a change of its decision helps
    unsigned trunks = 0;   // open now
    std::string server{};  // of the trunk concerned: "b.example.com:7835"; empty: the notice is about none
    std::string member{};  // its name in its cluster; empty: none, or not known
};

}  // namespace ferrotunnel::session
