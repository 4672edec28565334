// The pipe of a trunk with TLS 1.3, by OpenSSL over a BIO of our own (tls_bio.hpp).
#pragma once

#include <cstddef>
#include <memory>

#include "transport/pipe.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {

/// For measurements; the default is what was measured best.
struct TlsPipeTuning {
    std::size_t records_per_send = 4;
};

/// Takes over a connected socket. The context decides the side. Throws std::bad_alloc.
std::unique_ptr<Pipe> make_tls_pipe(runtime::Fd socket, std::shared_ptr<TlsContext> context, TlsPipeTuning tuning = {});

}  // namespace ferrotunnel::transport
