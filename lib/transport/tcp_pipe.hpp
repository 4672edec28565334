// The pipe of a trunk without TLS, or of a visitor without.
#pragma once

#include <memory>

#include "transport/pipe.hpp"

namespace ferrotunnel::transport {

/// The side only matters for telling a peer that speaks TLS from one that does not. Of visitors nothing is expected.
enum class TcpPipeSide { client, server, visitor };

/// Takes over a connected socket. The server's side refuses, in `handshake`, a peer whose first bytes are those of TLS;
/// it therefore waits for the first bytes, which in our protocol the client sends. The client's side looks at the first
/// bytes that it reads.
std::unique_ptr<Pipe> make_tcp_pipe(runtime::Fd socket, TcpPipeSide side);

/// True when these first bytes of a connection are a TLS handshake or alert (record type 22 or 21, version 3.x). No
/// frame that may come first in a session looks like this. Of fewer than three bytes: whether it may still become one.
bool looks_like_tls(Bytes first) noexcept;

}  // namespace ferrotunnel::transport
