#include "transport/backend_sessions.hpp"

#include <chrono>
#include <ctime>
#include <utility>

#include "base/limits.hpp"
#include "transport/live_peer.hpp"

namespace ferrotunnel::transport {
namespace {

long long made_at(const SSL_SESSION* session) {
#if OPENSSL_VERSION_NUMBER >= 0x30400000L
    return SSL_SESSION_get_time_ex(session);
#else
    return SSL_SESSION_get_time(session);
#endif
}

bool is_usable(const SSL_SESSION* session, std::time_t now) {
    const auto age = static_cast<long long>(now) - made_at(session);
    const auto lifetime = std::chrono::seconds(limits::backend_session_lifetime).count();
    return SSL_SESSION_is_resumable(session) == 1 && age >= 0 && age < lifetime &&
           age < SSL_SESSION_get_timeout(session);
}

}  // namespace

void BackendSessions::collect_from(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_sess_set_new_cb(context, on_new);
}

// Keeps a copy, because OpenSSL spoils the connection's own session when the connection ends without a close_notify.
int BackendSessions::on_new(SSL* ssl, SSL_SESSION* session) {
    auto* sessions = static_cast<BackendSessions*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    if (SessionPtr copy{SSL_SESSION_dup(session)}) {
        try {
            sessions->put(std::move(copy), live_version_of(ssl));
        } catch (...) {  // no memory: the next connection does a full handshake
        }
    }
    return 0;  // no reference was kept
}

void BackendSessions::put(SessionPtr session, std::uint64_t version) {
    const MutexLock lock(mutex_);
    if (version < version_) {
        return;  // of a connection that began before a replacement
    }
    if (std::exchange(version_, version) != version) {
        sessions_.clear();
    }
    if (sessions_.size() >= limits::backend_sessions_max) {
        sessions_.erase(sessions_.begin());
    }
    sessions_.push_back(std::move(session));
}

SessionPtr BackendSessions::take(std::uint64_t version) {
    const std::time_t now = std::time(nullptr);
    const MutexLock lock(mutex_);
    if (version_ < version) {
        version_ = version;
        sessions_.clear();
    }
    if (version_ != version || sessions_.empty() || !is_usable(sessions_.back().get(), now)) {
        sessions_.clear();  // the others are older
        return nullptr;
    }
    if (SSL_SESSION_get_protocol_version(sessions_.back().get()) < TLS1_3_VERSION) {
        return SessionPtr(SSL_SESSION_dup(sessions_.back().get()));
    }
    SessionPtr youngest = std::move(sessions_.back());
    sessions_.pop_back();
    return youngest;
}

}  // namespace ferrotunnel::transport
