// TLS failures in words that tell a user what to do.
#pragma once

#include <string>

struct ssl_st;

namespace ferrotunnel::transport {

/// Of what OpenSSL has on this thread's error queue, which this empties. `server`: our side.
std::string tls_failure_text(ssl_st* ssl, bool server);

/// The same for our connection to the backend of a service.
std::string backend_failure_text(ssl_st* ssl);

/// The same for a visitor's connection: it speaks of a visitor, and has our own reason if it was us who refused.
std::string visitor_failure_text(ssl_st* ssl);

/// True when the failure at the front of the queue says that they were a plain HTTP request.
bool tls_failure_is_plain_http() noexcept;

/// True when the failure at the front of the queue says that the peer's first bytes were no TLS.
bool tls_failure_is_no_tls() noexcept;

}  // namespace ferrotunnel::transport
