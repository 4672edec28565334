// TLS sessions with the backend of one service: connections that resume a session skip the certificates and their
// verification, which are most of the cost of a handshake. Each service has sessions of its own, so a session was
// verified for exactly what the next connection requires. If the application replaces the trust or the client
// certificate, earlier sessions are not resumed (live_peer.hpp).
#pragma once

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/mutex.hpp"
#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

using SessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;

/// Sessions that can be resumed. Thread-safe. Bounded by limits::backend_sessions_max; older ones make room, and none
/// is used longer than limits::backend_session_lifetime, since a certificate may be withdrawn meanwhile.
class BackendSessions {
public:
    /// Collects the sessions that the backend offers. Must outlive the connections made with `context`.
    void collect_from(SSL_CTX* context);
    /// Returns the newest session for a handshake that begins, or null. A TLS 1.3 session is used only once (RFC 8446,
    /// appendix C.4). Only one whose connection began with this version is returned.
    SessionPtr take(std::uint64_t version = 0);

private:
    static int on_new(SSL* ssl, SSL_SESSION* session);
    void put(SessionPtr session, std::uint64_t version);

    Mutex mutex_;
    std::uint64_t version_ GUARDED_BY(mutex_) = 0;         // of all sessions
    std::vector<SessionPtr> sessions_ GUARDED_BY(mutex_);  // the newest last
};

}  // namespace ferrotunnel::transport
