// The kernel's request and response about the route to an address (rtnetlink, RTM_GETROUTE), as bytes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::runtime {

/// The parts of a response about a route.
struct RouteAnswer {
    bool is_of_this_machine = false;  // delivered here, or to all of a network (broadcast, anycast, multicast)
    bool has_gateway = false;
    std::uint8_t prefix_bits = 0;
    std::uint32_t interface = 0;  // its index; 0 if there is none
};

enum class RouteQuery : std::uint8_t {
    resolved,  // the path of one packet
    entry,     // the entry of the table that it matches, with its prefix
};

/// The request for an address that has a family.
std::vector<std::byte> route_request(const net::Address& to, RouteQuery question);

/// Parses the response. Its error is an errno: the kernel's own, EHOSTUNREACH for an unreachable or prohibited route,
/// or EBADMSG for an incomplete or unrelated message.
Result<RouteAnswer, int> read_route_answer(std::span<const std::byte> bytes) noexcept;

}  // namespace ferrotunnel::runtime
