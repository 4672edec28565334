// Whether an address belongs to this machine or a neighbour, by the kernel's routes: they have more information than
// interfaces (`ip route add local`, networks on a link without an address there, the network of a point-to-point peer).
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::runtime {

enum class Reach : std::uint8_t {
    unknown,       // the kernel does not support such requests, or has no route
    failed,        // the request failed for now: no descriptor or memory is left
    this_machine,  // delivered to this machine
    on_link,       // reached without a gateway, in a network of its own
    routed,        // beyond a gateway, or by a route without one that leads away: into a tunnel or a dialled line that
                   // has no address in it, or for a large part of all addresses
};

/// Queries the kernel: one or two requests, which it answers before the call returns. Its information about interfaces
/// may be a second old. Never waits, never throws. Thread-safe.
Reach reach_of(const net::Address& to, TimePoint now) noexcept;

/// The meaning of an errno in place of a response: unknown or failed.
Reach reach_without_answer(int error) noexcept;

}  // namespace ferrotunnel::runtime
