// Connects a stream that has arrived at a client to the UDP service behind the client: one of datagrams, or a visit of
// another client, in whose sealed bytes they are.
#pragma once

#include <memory>

#include "backend/dial.hpp"
#include "trunk/datagram_counts.hpp"

namespace ferrotunnel::backend {

/// Gives the visitor a UDP socket of its own towards the service's backend, so that the backend tells visitors apart by
/// their ports; to be called on the worker, within on_open. The stream is accepted when the socket is there, which says
/// nothing about the backend: one that is away, or whose machine answers by ICMP, costs datagrams and nothing else. The
/// socket goes with the stream, or when nothing has come or gone for the service's idle time and
/// limits::udp_idle_behind.
void dial_datagrams(runtime::Worker& worker, std::shared_ptr<const ClientService> service,
                    IntrusivePtr<mux::Stream> stream, const net::Address& visitor, DialShared shared,
                    std::shared_ptr<trunk::DatagramCounts> counts);

}  // namespace ferrotunnel::backend
