// TLS failures, in words that tell a user what to do.
#pragma once

#include <string>

struct ssl_st;

namespace ferrotunnel::transport {

/// Describes what OpenSSL has on this thread's error queue, and empties the queue. `server`: our side.
std::string tls_failure_text(ssl_st* ssl, bool server);

/// Like tls_failure_text, for our connection to the backend of a service.
std::string backend_failure_text(ssl_st* ssl);

/// Like tls_failure_text, for a visitor's connection: it speaks of a visitor, and gives our own reason if we refused.
std::string visitor_failure_text(ssl_st* ssl);

/// True when the failure at the front of the queue says that the peer's first bytes were a plain HTTP request.
bool tls_failure_is_plain_http() noexcept;

/// True when the failure at the front of the queue says that the peer's first bytes were not TLS.
bool tls_failure_is_no_tls() noexcept;

}  // namespace ferrotunnel::transport
