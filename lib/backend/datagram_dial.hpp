// Connects a stream that has arrived at a client to the client's UDP service: a stream of datagrams, or a visit of
// another client, with datagrams in its sealed bytes.
#pragma once

#include <memory>

#include "backend/dial.hpp"
#include "trunk/datagram_counts.hpp"

namespace ferrotunnel::backend {

/// Gives the visitor a UDP socket of its own towards the service's backend, so that the backend can distinguish
/// visitors by their ports; call it on the worker, within on_open. The stream is accepted when the socket exists, which
/// shows nothing about the backend: one that is down, or whose machine answers by ICMP, only costs datagrams. The
/// socket is closed with the stream, or without traffic for the service's idle time and limits::udp_idle_behind.
void dial_datagrams(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                    IntrusivePtr<mux::Stream> stream, const net::Address& visitor, DialShared shared,
                    std::shared_ptr<trunk::DatagramCounts> counts);

}  // namespace ferrotunnel::backend
