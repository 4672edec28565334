// Planted bugs of groups and held ports (base/mutant.hpp).
#pragma once

#include <cstdint>

#include "base/mutant.hpp"

namespace ferrotunnel::directory {

enum class Mutant : std::uint8_t {
    none,
    gone_kept,        // a trunk that leaves is still a carrier
    unhealthy_takes,  // a carrier gets visitors although its backend is unhealthy
    waiting_takes,    // a carrier that waits to be resumed gets visitors like any other
    standby_takes,    // a member on standby gets visitors while others are available
    early_return,     // a member that is ejected gets visitors before its time is over
    tag_forgotten,    // the cookie of a visitor is ignored
    slot_forgotten,   // a successor has a slot of its own
    uncounted_end,    // a visitor ends, and still counts at its member
    unreleased,       // queued visitors are not served when a client has joined
    never_given_up,   // a port is held on after its time is over
};

}  // namespace ferrotunnel::directory
