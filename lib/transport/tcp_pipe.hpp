// The pipe of a trunk without TLS.
#pragma once

#include <memory>

#include "transport/pipe.hpp"

namespace ferrotunnel::transport {

/// What a server without TLS does with peers that speak TLS: their first bytes tell.
enum class TcpPipeSide { client, server };

/// Takes over a connected socket. The server's side refuses, in `handshake`, a peer whose first bytes are those of TLS;
/// it therefore waits for the first bytes, which the client sends first in our protocol.
std::unique_ptr<Pipe> make_tcp_pipe(runtime::Fd socket, TcpPipeSide side);

/// True when these first bytes of a connection begin a TLS handshake (record type 22, version 3.x).
bool looks_like_tls(Bytes first) noexcept;

}  // namespace ferrotunnel::transport
