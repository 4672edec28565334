// TLS failures, in words for the user, with a remedy.
#pragma once

#include <string>

struct ssl_st;

namespace ferrotunnel::transport {

/// Describes the errors in OpenSSL's queue of this thread, and empties the queue. `server`: our side.
std::string tls_failure_text(ssl_st* ssl, bool server);

struct TlsPeerWords;

/// Like tls_failure_text, for our connection to the backend of a service, or to another server.
std::string backend_failure_text(ssl_st* ssl, const TlsPeerWords& words);

/// Like tls_failure_text, for a visitor's connection: it mentions a visitor, and has our own reason if we rejected it.
std::string visitor_failure_text(ssl_st* ssl);

/// Whether the failure at the front of the queue means that the peer's first bytes were a plain HTTP request.
bool tls_failure_is_plain_http() noexcept;

/// Whether the failure at the front of the queue means that the peer's first bytes were not TLS.
bool tls_failure_is_no_tls() noexcept;

}  // namespace ferrotunnel::transport
