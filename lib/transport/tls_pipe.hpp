// The pipe of a trunk with TLS 1.3, by OpenSSL over a BIO of our own.
#pragma once

#include <memory>

#include "transport/pipe.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {

/// Takes over a connected socket. The context decides the side.
std::unique_ptr<Pipe> make_tls_pipe(runtime::Fd socket, std::shared_ptr<TlsContext> context);

}  // namespace ferrotunnel::transport
