// The bugs that are planted in groups and in ports that are held (base/mutant.hpp).
#pragma once

#include <cstdint>

#include "base/mutant.hpp"

namespace ferrotunnel::directory {

enum class Mutant : std::uint8_t {
    none,
    gone_kept,        // a trunk that leaves is still a carrier
    unhealthy_takes,  // a carrier takes visitors although what is behind it is unhealthy
    waiting_takes,    // a carrier that waits to be resumed takes visitors like any other
    standby_takes,    // a member on standby gets visitors while others are there
    early_return,     // a member that is ejected gets visitors before its time is over
    tag_forgotten,    // the cookie of a visitor is not looked at
    seat_forgotten,   // a successor has a seat of its own
    uncounted_end,    // a visitor goes, and still counts at its member
    unreleased,       // those in line are not given out when a client has come
    never_given_up,   // a port for which the time is over is held on
};

}  // namespace ferrotunnel::directory
