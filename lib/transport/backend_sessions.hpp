// TLS sessions with one backend: connections that resume one skip the certificates and their verification, which are
// most of what a handshake costs. Also for backends of one service alone: what a session was verified for does not
// change.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <vector>

#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {

using SessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;

/// Any thread. Bounded by limits::backend_sessions_max; older ones make room, and none is used for longer than
/// limits::backend_session_lifetime, since a certificate may be withdrawn meanwhile.
class BackendSessions {
public:
    /// Collects what the backend gives. Outlives the connections made with `context`.
    void collect_from(SSL_CTX* context);
    /// For a handshake that begins: the youngest, or null. Of TLS 1.3 each is used once (RFC 8446, appendix C.4).
    SessionPtr take();

private:
    static int on_new(SSL* ssl, SSL_SESSION* session);
    void put(SessionPtr session);

    std::mutex mutex_;
    std::vector<SessionPtr> sessions_;  // the youngest last
};

}  // namespace ferrotunnel::transport
