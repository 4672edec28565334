// A public UDP port: the visitors of one socket, each of which has a stream of its own.
#pragma once

#include "base/log.hpp"
#include "base/random.hpp"
#include "directory/shared_port.hpp"
#include "trunk/datagram_counts.hpp"

namespace ferrotunnel::ingress {

/// Takes visitors from a UDP socket, for session::ServerShared::open_udp. `log`, `random` and `counts` outlive the
/// ports.
directory::DatagramOpener udp_port_opener(std::shared_ptr<trunk::DatagramCounts> counts, Random& random, Logger& log);

}  // namespace ferrotunnel::ingress
