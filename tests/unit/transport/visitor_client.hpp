// A visitor's TLS, by OpenSSL alone, and its handshake with a pipe of ours on one thread.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <utility>

#include "made_certificates.hpp"
#include "pipes.hpp"
#include "runtime/socket.hpp"
#include "transport/tls_pipe.hpp"
#include "transport/visitor_tls.hpp"

namespace ferrotunnel::transport::test {

inline CertificateStore::WallTime wall_now() {
    return std::chrono::system_clock::now();
}

inline std::shared_ptr<VisitorTls> make_visitor_tls(const VisitorTlsSettings& settings) {
    CertificateReport report;
    return VisitorTls::make(settings, wall_now(), report);
}

using SessionPtr = std::shared_ptr<SSL_SESSION>;

struct VisitorWish {
    std::string name{};            // SNI; empty: none
    std::string protocols{};       // ALPN as on the wire
    int version = 0;               // 0: whatever both ends can
    const char* suites = nullptr;  // of TLS 1.2
    const char* groups = nullptr;
    const char* signatures = nullptr;
    const Made* certificate = nullptr;
    SessionPtr session{};
};

struct Visit {
    bool open = false;        // both ends have finished the handshake
    std::string why;          // what our end says when it refuses
    std::string alert;        // what the visitor was told
    std::string common_name;  // of the certificate that the visitor has seen
    VisitorHandshake told;    // what our end knows of the visitor
    std::string description;
    SessionPtr session;  // with a ticket
};

/// The visitor's end of the connection.
class VisitorClient {
public:
    VisitorClient(runtime::Fd fd, VisitorWish wish) : fd_(std::move(fd)), wish_(std::move(wish)) {
        context_.reset(SSL_CTX_new(TLS_client_method()));
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(context_.get(), keep_session);
        SSL_CTX_set_ex_data(context_.get(), 0, this);
        SSL_CTX_set_security_level(context_.get(), 0);  // it is our end that has to refuse
        if (wish_.version != 0) {
            SSL_CTX_set_min_proto_version(context_.get(), wish_.version);
            SSL_CTX_set_max_proto_version(context_.get(), wish_.version);
        }
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), fd_.get());
        SSL_set_connect_state(ssl_.get());
        apply();
    }

    ~VisitorClient() {
        // Otherwise OpenSSL takes the session for one that ended badly, and will not resume it.
        SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    VisitorClient(const VisitorClient&) = delete;
    VisitorClient& operator=(const VisitorClient&) = delete;

    /// Continues with the handshake. True when it is over, one way or the other.
    bool step() {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        if (result == 1) {
            open = true;
            return true;
        }
        const int kind = SSL_get_error(ssl_.get(), result);
        if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
            return false;
        }
        note_error();
        return true;
    }

    /// Reads what there is: tickets and alerts come this way.
    void read_on() {
        char bytes[4096];
        std::size_t got = 0;
        ERR_clear_error();
        while (SSL_read_ex(ssl_.get(), bytes, sizeof bytes, &got) == 1) {
            text.append(bytes, got);
        }
        note_error();
    }

    std::string common_name() const {
        const X509* certificate = SSL_get0_peer_certificate(ssl_.get());
        return certificate != nullptr ? common_name_of(certificate) : "";
    }

    SSL* ssl() const { return ssl_.get(); }

    bool open = false;
    std::string alert;
    std::string text;
    SessionPtr session;

private:
    void apply() {
        if (!wish_.name.empty()) {
            SSL_set_tlsext_host_name(ssl_.get(), wish_.name.c_str());
        }
        if (!wish_.protocols.empty()) {
            SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(wish_.protocols.data()),
                                static_cast<unsigned>(wish_.protocols.size()));
        }
        if (wish_.suites != nullptr) {
            REQUIRE(SSL_set_cipher_list(ssl_.get(), wish_.suites) == 1);
        }
        if (wish_.groups != nullptr) {
            REQUIRE(SSL_set1_groups_list(ssl_.get(), wish_.groups) == 1);
        }
        if (wish_.signatures != nullptr) {
            REQUIRE(SSL_set1_sigalgs_list(ssl_.get(), wish_.signatures) == 1);
        }
        if (wish_.certificate != nullptr) {
            SSL_use_certificate(ssl_.get(), wish_.certificate->certificate.get());
            SSL_use_PrivateKey(ssl_.get(), wish_.certificate->key.get());
        }
        if (wish_.session) {
            // A copy, since the library marks a session that was replaced by a newer ticket as used up.
            wish_.session = SessionPtr(SSL_SESSION_dup(wish_.session.get()), SSL_SESSION_free);
            SSL_set_session(ssl_.get(), wish_.session.get());
        }
    }

    void note_error() {
        if (alert.empty()) {
            const char* reason = ERR_reason_error_string(ERR_peek_error());
            alert = reason != nullptr ? reason : "";
        }
        ERR_clear_error();
    }

    static int keep_session(SSL* ssl, SSL_SESSION* session) {
        auto* self = static_cast<VisitorClient*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), 0));
        self->session = SessionPtr(session, SSL_SESSION_free);
        return 1;
    }

    runtime::Fd fd_;
    VisitorWish wish_;
    SslContextPtr context_;
    SslPtr ssl_;
};

/// One handshake over a socket pair.
inline Visit visit(const std::shared_ptr<TlsContext>& context, const VisitorWish& wish) {
    auto [left, right] = runtime::socket_pair();
    VisitorClient client(std::move(left), wish);
    std::unique_ptr<Pipe> pipe = make_tls_pipe(std::move(right), context);
    Visit visit;
    IoStatus status = IoStatus::would_block;
    bool client_done = false;
    for (int i = 0; i < 100 && (!client_done || status == IoStatus::would_block); ++i) {
        client_done = client_done || client.step();
        if (status == IoStatus::would_block) {
            status = pipe->handshake(visit.why);
        }
        if (status == IoStatus::error) {
            pipe.reset();  // closes the socket
            status = IoStatus::eof;
        }
    }
    REQUIRE(status != IoStatus::would_block);
    client.read_on();
    visit.open = client.open && pipe != nullptr;
    visit.alert = client.alert;
    visit.common_name = client.common_name();
    if (pipe) {
        visit.told = *pipe->visitor();
        visit.description = pipe->description();
        const SSL_SESSION* current = SSL_get_session(client.ssl());
        if (client.session == nullptr && current != nullptr && SSL_SESSION_has_ticket(current) == 1) {
            client.session = SessionPtr(SSL_get1_session(client.ssl()), SSL_SESSION_free);
        }
        visit.session = client.session;
    }
    return visit;
}

inline Visit visit(const std::shared_ptr<VisitorTls>& tls, const VisitorWish& wish) {
    return visit(tls->context(), wish);
}

}  // namespace ferrotunnel::transport::test
