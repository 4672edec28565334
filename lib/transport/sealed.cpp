#include "transport/sealed.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>

#include <new>
#include <utility>

#include "transport/hkdf.hpp"
#include "transport/key_groups.hpp"
#include "transport/limits.hpp"
#include "transport/tls_context.hpp"

namespace ferrotunnel::transport {
namespace {

// Identifies the protocol. It names neither the key nor the service, since it can be read on the way.
constexpr std::string_view psk_identity = "ferrotunnel-visit";
constexpr std::string_view psk_label = "ferrotunnel visit 1";
// In the form of ALPN: the length first.
constexpr std::string_view alpn_of_bytes =
    "\x13"
    "ferrotunnel-visit/1";
constexpr std::string_view alpn_of_datagrams =
    "\x17"
    "ferrotunnel-visit-udp/1";
static_assert(alpn_of_bytes.size() == 0x13 + 1 && alpn_of_datagrams.size() == 0x17 + 1);
constexpr unsigned char cipher_id[] = {0x13, 0x01};  // TLS_AES_128_GCM_SHA256

void require(bool fine) {
    if (!fine) {
        ERR_clear_error();
        throw TlsConfigError("cannot set up end-to-end encryption");
    }
}

// The PSK of visits to this service.
void derive(Bytes key, std::string_view service, std::array<std::uint8_t, 32>& into) {
    std::string purpose(psk_label);
    purpose += '\0';
    purpose += service;
    require(hkdf_sha256(key, purpose, into));
}

std::string_view alpn_of(SealContext::Carries carries) noexcept {
    return carries == SealContext::Carries::datagrams ? alpn_of_datagrams : alpn_of_bytes;
}

const unsigned char* bytes_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

int choose_visit_alpn(SSL* ssl, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                      unsigned offered_size, void*) {
    const auto* const self = static_cast<const SealContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const std::string_view ours = alpn_of(self->carries());
    unsigned char* chosen = nullptr;
    if (SSL_select_next_proto(&chosen, size, bytes_of(ours), static_cast<unsigned>(ours.size()), offered,
                              offered_size) != OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

SealContext::SealContext(End end, Bytes key, std::string_view service, Carries carries)
    : end_(end),
      carries_(carries),
      native_(SSL_CTX_new(end == End::service ? TLS_server_method() : TLS_client_method())) {
    require(native_ != nullptr);
    derive(key, service, psk_);
    SSL_CTX* const context = native_.get();
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    require(SSL_CTX_set_num_tickets(context, 0) == 1 && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
            SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) == 1 &&
            SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256") == 1 &&
            use_key_groups(context, GroupsOf::peers));
    SSL_CTX_set_app_data(context, this);
    if (end == End::service) {
        SSL_CTX_set_psk_find_session_callback(context, &SealContext::find_session);
        SSL_CTX_set_alpn_select_cb(context, choose_visit_alpn, nullptr);
    } else {
        SSL_CTX_set_psk_use_session_callback(context, &SealContext::use_session);
        const std::string_view alpn = alpn_of(carries);
        require(SSL_CTX_set_alpn_protos(context, bytes_of(alpn), static_cast<unsigned>(alpn.size())) == 0);
        // A peer without the key has to present a certificate, and none is accepted here.
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    }
}

SealContext::~SealContext() {
    OPENSSL_cleanse(psk_.data(), psk_.size());
}

SSL_SESSION* SealContext::make_session(SSL* ssl) const {
    SSL_SESSION* const session = SSL_SESSION_new();
    const SSL_CIPHER* const cipher = SSL_CIPHER_find(ssl, cipher_id);
    if (session == nullptr || cipher == nullptr || SSL_SESSION_set_cipher(session, cipher) != 1 ||
        SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) != 1 ||
        SSL_SESSION_set1_master_key(session, psk_.data(), psk_.size()) != 1) {
        SSL_SESSION_free(session);
        return nullptr;
    }
    return session;
}

int SealContext::find_session(SSL* ssl, const unsigned char* identity, std::size_t size, SSL_SESSION** found) {
    const auto* const self = static_cast<const SealContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    const bool is_ours = std::string_view(reinterpret_cast<const char*>(identity), size) == psk_identity;
    *found = is_ours ? self->make_session(ssl) : nullptr;
    return *found != nullptr || !is_ours ? 1 : 0;
}

int SealContext::use_session(SSL* ssl, const EVP_MD* digest, const unsigned char** identity, std::size_t* size,
                             SSL_SESSION** used) {
    *used = nullptr;
    if (digest != nullptr && EVP_MD_get_type(digest) != NID_sha256) {
        return 1;  // a cipher that was not offered
    }
    const auto* const self = static_cast<const SealContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    *used = self->make_session(ssl);
    *identity = reinterpret_cast<const unsigned char*>(psk_identity.data());
    *size = psk_identity.size();
    return *used != nullptr ? 1 : 0;
}

Sealed::Sealed(const SealContext& context)
    : is_service_(context.end() == SealContext::End::service),
      is_of_datagrams_(context.carries() == SealContext::Carries::datagrams),
      ssl_(SSL_new(context.native())) {
    BioPtr in(BIO_new(BIO_s_mem()));
    BioPtr out(BIO_new(BIO_s_mem()));
    if (!ssl_ || !in || !out) {
        throw std::bad_alloc();
    }
    BIO_set_mem_eof_return(in.get(), -1);  // an empty one is to be asked again
    in_ = in.release();
    out_ = out.release();
    SSL_set_bio(ssl_.get(), in_, out_);
    is_service_ ? SSL_set_accept_state(ssl_.get()) : SSL_set_connect_state(ssl_.get());
}

Sealed::State Sealed::shake_hands(std::string& why) {
    if (state_ != State::handshaking) {
        return state_;
    }
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        // An external PSK counts as a resumed session.
        const bool proved = SSL_session_reused(ssl_.get()) == 1;
        state_ = proved ? State::open : State::failed;
        why = proved ? std::string() : failure();
    } else if (SSL_get_error(ssl_.get(), result) != SSL_ERROR_WANT_READ) {
        state_ = State::failed;
        why = failure();
    }
    ERR_clear_error();
    return state_;
}

// The reason of the failure. All errors that mean a wrong key are reported as such; a visitor learns of it by an alert.
std::string Sealed::failure() const {
    switch (ERR_GET_REASON(ERR_peek_error())) {
        case SSL_R_BINDER_DOES_NOT_VERIFY:
            return "the visitor's key is not the key of this service";
        case SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER:
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
            return "the client of the service rejected the key: the keys differ";
        case SSL_R_NO_APPLICATION_PROTOCOL:
            return is_of_datagrams_ ? "it expects a TCP service" : "it expects a UDP service";
        case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
            return is_of_datagrams_ ? "the service is not a UDP service" : "the service is not a TCP service";
        default:
            return is_service_ ? "it does not start end-to-end encryption"
                               : "the service has no key, or the connection is intercepted";
    }
}

void Sealed::put(Bytes received) {
    if (BIO_write(in_, received.data(), static_cast<int>(received.size())) != static_cast<int>(received.size())) {
        throw std::bad_alloc();
    }
}

Sealed::Got Sealed::read(MutableBytes into) {
    ERR_clear_error();
    std::size_t got = 0;
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
    if (result == 1) {
        return {got, false};
    }
    const int error = SSL_get_error(ssl_.get(), result);
    ERR_clear_error();
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN) {
        return {};
    }
    state_ = State::failed;
    return {0, true};
}

bool Sealed::peer_has_ended() const noexcept {
    return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0 && state_ != State::failed;
}

void Sealed::write(Bytes plain) {
    ERR_clear_error();
    std::size_t written = 0;
    if (SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &written) != 1 || written != plain.size()) {
        ERR_clear_error();
        throw std::bad_alloc();  // the only reason: sealed data goes to memory
    }
}

void Sealed::finish() {
    (void)SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

std::size_t Sealed::to_send() const noexcept {
    return BIO_ctrl_pending(out_);
}

std::size_t Sealed::take(MutableBytes into) noexcept {
    const int got = BIO_read(out_, into.data(), static_cast<int>(into.size()));
    return got > 0 ? static_cast<std::size_t>(got) : 0;
}

}  // namespace ferrotunnel::transport
