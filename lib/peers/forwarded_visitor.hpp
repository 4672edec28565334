// Forwarding of visitors on a data link: the stream that carries one, and what joins the two.
//
// A visitor with a socket waits, with all of its bytes in the kernel, until the other member has a client for it
// (OPENED). If it has none, or the link is lost, or there is no answer in time, the visitor goes to another carrier.
//
//   socket --waits--> OPENED: SocketPump      unknown_service, busy, going_away, link lost: pass on; other code: reset
#pragma once

#include <atomic>
#include <memory>
#include <utility>

#include "directory/http_carrier.hpp"
#include "directory/shared_port.hpp"
#include "directory/tls_visitor.hpp"
#include "peers/peer_carrier.hpp"
#include "peers/visitor_header.hpp"

namespace ferrotunnel::peers {

class Link;

/// Opens a stream for the visitor; called on the link's worker. `from` passes on a visitor that gets none. Each of the
/// first two adds to `forwarded` when the visitor has its stream.
void forward_visitor(Link& link, const std::shared_ptr<PeerCarrier>& from, directory::Visitor visitor,
                     std::atomic<std::uint64_t>& forwarded);
void forward_visitor(Link& link, const std::shared_ptr<PeerCarrier>& from, directory::TlsVisitor visitor,
                     std::atomic<std::uint64_t>& forwarded);
/// A stream of the edge, which is on the worker of the calling thread if `foreign` is false.
Result<directory::HttpStream, wire::Code> forward_http(Link& link, const directory::HttpVisitor& visitor,
                                                       IntrusivePtr<buffer::Waker> waker, bool foreign);

}  // namespace ferrotunnel::peers
