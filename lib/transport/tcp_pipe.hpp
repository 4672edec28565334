// The pipe of a trunk without TLS, or of a visitor without TLS.
#pragma once

#include <memory>

#include "transport/pipe.hpp"

namespace ferrotunnel::transport {

/// The side matters only for detecting a peer that uses TLS when we do not. Nothing is expected of visitors.
enum class TcpPipeSide { client, server, visitor };

/// Takes over a connected socket. In handshake(), the server's side refuses a peer whose first bytes are those of TLS;
/// it therefore waits for the first bytes, which in our protocol are sent by the client. The client's side checks the
/// first bytes that it reads.
std::unique_ptr<Pipe> make_tcp_pipe(runtime::Fd socket, TcpPipeSide side);

/// True if these first bytes of a connection are a TLS handshake or alert (record type 22 or 21, version 3.x). No frame
/// that may come first in a session looks like this. With fewer than three bytes: whether they may still become one.
bool looks_like_tls(Bytes first) noexcept;

}  // namespace ferrotunnel::transport
