// A report of what happens to a client's link.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::session {

struct LinkNotice {
    enum class Kind : std::uint8_t {
        connected,     // the first trunk is open
        joined,        // one more trunk is open
        degraded,      // a trunk broke or could not be made, while others are open
        lost,          // no trunk is open: the last one broke, or the first could not be made
        reconnecting,  // after `lost`
        registered,
        unreachable,  // a service that is being registered again
        refused,      // a service, or the login (id 0)
        waiting,      // a trunk is lost, and its session waits for another connection
        resumed,      // and continues
        draining,     // announced by the server
        took_over,    // it has taken the place of others; with a code it cannot, `text` says why
        replaced,     // another client has taken its place, as the server says
        healthy,      // the backend of a service; told after the first check too
        unhealthy,
        stopped,
    } kind = Kind::connected;
    std::uint32_t service = 0;
    std::string endpoint{};
    std::uint16_t port = 0;
    wire::Code code = wire::Code::none;
    std::string text{};
    Duration retry_in{};   // degraded, reconnecting; refused service: when it is asked for again
    unsigned trunk = 0;    // which trunk it is about, from 1
    bool broke = false;    // degraded, lost: whether an open trunk broke
    bool settled = false;  // lost: the server has decided, and nothing but a change of its mind helps
    unsigned trunks = 0;   // open now
};

}  // namespace ferrotunnel::session
