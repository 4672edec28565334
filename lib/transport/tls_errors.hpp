// TLS failures in words that tell a user what to do.
#pragma once

#include <string>

struct ssl_st;

namespace ferrotunnel::transport {

/// Of what OpenSSL has on this thread's error queue, which this empties. `server`: our side.
std::string tls_failure_text(ssl_st* ssl, bool server);

/// True when the failure at the front of the queue says that the peer's first bytes were no TLS.
bool tls_failure_is_no_tls() noexcept;

}  // namespace ferrotunnel::transport
