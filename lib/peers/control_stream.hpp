// Requests of the control API from one member to another: each has a stream of a data link.
//
//   socket of the asking side --SocketPump--> stream of kind `control` --SocketPump--> socket of the member that
//   answers
//
// Both sides speak HTTP on their sockets, as on a control socket. The streams carry no visitor, and are not counted as
// one.
#pragma once

#include "base/intrusive_ptr.hpp"
#include "base/permits.hpp"
#include "mux/stream.hpp"
#include "runtime/socket.hpp"
#include "runtime/worker.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::peers {

class Link;

/// The kind of these streams: a number that is not a kind of service (wire::ServiceKind).
inline constexpr wire::ServiceKind control_kind = static_cast<wire::ServiceKind>(6);

/// Joins the socket with a new stream. Called on the link's worker. Without a stream the socket is closed.
void send_control(Link& link, runtime::Fd socket);

/// Joins a stream that a member has opened with one end of a pair of sockets, and returns the other end. Called on the
/// worker, from within the link's on_open. Empty without descriptors, or without a permit, which counts as long as the
/// stream has its socket: the stream is refused.
runtime::Fd receive_control(runtime::Worker& worker, const IntrusivePtr<mux::Stream>& stream, PermitPtr permit);

}  // namespace ferrotunnel::peers
