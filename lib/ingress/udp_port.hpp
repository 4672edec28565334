// A public UDP port: the visitors of one socket, each of which has a stream of its own.
#pragma once

#include <chrono>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "directory/shared_port.hpp"
#include "trunk/datagram_counts.hpp"

namespace ferrotunnel::limits {

/// How long a visitor stays without a response once another process has the port's socket too, and receives what the
/// visitor sends: earlier requests are answered by then, and the old process can end.
inline constexpr Duration udp_handover_idle_max = std::chrono::seconds(5);

}  // namespace ferrotunnel::limits

namespace ferrotunnel::ingress {

/// Serves visitors of a UDP socket, for session::ServerShared::open_udp. `log`, `random` and `counts` outlive the
/// ports.
directory::DatagramOpener udp_port_opener(std::shared_ptr<trunk::DatagramCounts> counts, Random& random, Logger& log);

}  // namespace ferrotunnel::ingress
