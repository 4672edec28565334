#include "transport/link_context.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <new>
#include <optional>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "transport/certificate.hpp"
#include "transport/key_groups.hpp"
#include "transport/link_identity.hpp"
#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport {
namespace {

// In the form of ALPN: the length first.
constexpr std::string_view link_alpn_list =
    "\x12"
    "ferrotunnel-peer/1";
static_assert(link_alpn_list.size() == 0x12 + 1);
// An external PSK belongs to one hash, and both suites have it.
constexpr const char* link_suites = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
constexpr unsigned char link_psk_suite[] = {0x13, 0x01};  // for its hash: either suite may be chosen

using LinkSessionPtr = std::unique_ptr<SSL_SESSION, FreeWith<SSL_SESSION_free>>;

// What the callbacks of one context need.
struct LinkEnds {
    std::string own;
    std::string peer;      // empty for the accepting end
    std::string identity;  // likewise
    LinkSecret first;
    std::optional<LinkSecret> second{};

    LinkEnds(const ClusterKeys& keys, std::string_view own_name, std::string_view peer_name)
        : own(own_name), peer(peer_name), first(keys.first) {
        if (keys.second) {
            second.emplace(*keys.second);
        }
        identity = LinkIdentity{first.key_id(), own, peer}.text();
    }

    // Null: of no key that is known here.
    const LinkSecret* secret_of(std::string_view key_id) const noexcept {
        return key_id == first.key_id() ? &first : second && key_id == second->key_id() ? &*second : nullptr;
    }
};

// What the accepting end learns of a connection.
struct LinkHandshake {
    std::string dialler;
    std::string refusal;
};

void free_link_handshake(void*, void* handshake, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<LinkHandshake*>(handshake);
}

int place_of_link_handshake() {
    static const int place = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_link_handshake);
    return place;
}

const LinkHandshake* link_handshake(const SSL* ssl) noexcept {
    return static_cast<const LinkHandshake*>(SSL_get_ex_data(ssl, place_of_link_handshake()));
}

// A new one for each ClientHello: there are two after a HelloRetryRequest.
void keep_link_handshake(SSL* ssl, std::unique_ptr<LinkHandshake> handshake) {
    const std::unique_ptr<const LinkHandshake> before(link_handshake(ssl));
    if (SSL_set_ex_data(ssl, place_of_link_handshake(), handshake.get()) != 1) {
        (void)SSL_set_ex_data(ssl, place_of_link_handshake(), nullptr);
        throw std::bad_alloc();
    }
    (void)handshake.release();
}

const LinkEnds& ends_of(const SSL* ssl) noexcept {
    return *static_cast<const LinkEnds*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
}

void require_link(bool fine) {
    if (!fine) {
        throw TlsConfigError("cannot set up TLS for links: " + take_openssl_error());
    }
}

// Null if OpenSSL cannot make it.
LinkSessionPtr session_with(SSL* ssl, const LinkSecret& secret, std::string_view dialler, std::string_view acceptor) {
    LinkPsk psk{};
    const bool derived = secret.derive(dialler, acceptor, psk);
    LinkSessionPtr session(derived ? SSL_SESSION_new() : nullptr);
    const SSL_CIPHER* const cipher = SSL_CIPHER_find(ssl, link_psk_suite);
    const bool fine = session && cipher != nullptr && SSL_SESSION_set_cipher(session.get(), cipher) == 1 &&
                      SSL_SESSION_set_protocol_version(session.get(), TLS1_3_VERSION) == 1 &&
                      SSL_SESSION_set1_master_key(session.get(), psk.data(), psk.size()) == 1;
    OPENSSL_cleanse(psk.data(), psk.size());
    return fine ? std::move(session) : nullptr;
}

std::string refusal_of(const LinkIdentity& identity, const LinkEnds& ends) {
    if (identity.dialler == ends.own) {
        return "the peer has the name of this server, " + in_quotes(ends.own) +
               ": the connection leads back to this server, or another one has the same name";
    }
    if (identity.expected != ends.own) {
        return "the peer expects the member " + in_quotes(std::string(identity.expected)) + " here, and this is " +
               in_quotes(ends.own) + ": compare names and addresses of the members in both configurations";
    }
    return {};
}

// The accepting end: OpenSSL then verifies the binder. Without a session the handshake fails, since there is no
// certificate either. An identity that expects another member gets the PSK of this one, so that its binder fails and
// the alert shows that the key is right.
int find_link_session(SSL* ssl, const unsigned char* text, std::size_t size, SSL_SESSION** found) {
    *found = nullptr;
    const LinkEnds& ends = ends_of(ssl);
    const std::optional<LinkIdentity> identity = LinkIdentity::parse(as_text({text, size}));
    const LinkSecret* const secret = identity ? ends.secret_of(identity->key_id) : nullptr;
    if (secret == nullptr) {
        return 1;
    }
    try {
        auto handshake = std::make_unique<LinkHandshake>();
        handshake->dialler = identity->dialler;
        handshake->refusal = refusal_of(*identity, ends);
        keep_link_handshake(ssl, std::move(handshake));
    } catch (const std::bad_alloc&) {
        return 0;
    }
    *found = session_with(ssl, *secret, identity->dialler, ends.own).release();
    return *found != nullptr ? 1 : 0;
}

// The dialling end.
int use_link_session(SSL* ssl, const EVP_MD* digest, const unsigned char** text, std::size_t* size,
                     SSL_SESSION** used) {
    *used = nullptr;
    if (digest != nullptr && EVP_MD_get_type(digest) != NID_sha256) {
        return 1;  // of a suite that was not offered
    }
    const LinkEnds& ends = ends_of(ssl);
    *used = session_with(ssl, ends.first, ends.own, ends.peer).release();
    *text = as_bytes(ends.identity).data();
    *size = ends.identity.size();
    return *used != nullptr ? 1 : 0;
}

int choose_link_alpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                     unsigned offered_size, void*) {
    unsigned char* chosen = nullptr;
    const Bytes list = as_bytes(link_alpn_list);
    if (SSL_select_next_proto(&chosen, size, list.data(), static_cast<unsigned>(list.size()), offered, offered_size) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

SslContextPtr make_native_for_links(const SSL_METHOD* method) {
    SslContextPtr context(SSL_CTX_new(method));
    require_link(context != nullptr);
    SSL_CTX* const native = context.get();
    SSL_CTX_set_options(native, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                    SSL_OP_PRIORITIZE_CHACHA);
    prepare_for_pipe(native);
    SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
    require_link(SSL_CTX_set_num_tickets(native, 0) == 1 && SSL_CTX_set_max_early_data(native, 0) == 1 &&
                 SSL_CTX_set_min_proto_version(native, TLS1_3_VERSION) == 1 &&
                 SSL_CTX_set_max_proto_version(native, TLS1_3_VERSION) == 1 &&
                 SSL_CTX_set_ciphersuites(native, link_suites) == 1 && use_key_groups(native, GroupsOf::peers));
    return context;
}

std::shared_ptr<LinkEnds> make_link_ends(const ClusterKeys& keys, std::string_view own, std::string_view peer) {
    for (const std::string_view name : {own, peer}) {
        if (!name.empty() && !is_member_name(name)) {
            throw TlsConfigError(in_quotes(std::string(name)) +
                                 " is not a valid name for a member: expected up to 63 letters, digits, -, _ and .");
        }
    }
    return std::make_shared<LinkEnds>(keys, own, peer);
}

}  // namespace

std::shared_ptr<TlsContext> make_link_dialler(const ClusterKeys& keys, std::string_view own, std::string_view peer) {
    if (own.empty() || peer.empty() || own == peer) {
        throw TlsConfigError("a link needs the names of two members");
    }
    std::shared_ptr<LinkEnds> ends = make_link_ends(keys, own, peer);
    SslContextPtr context = make_native_for_links(TLS_client_method());
    SSL_CTX_set_app_data(context.get(), ends.get());
    SSL_CTX_set_psk_use_session_callback(context.get(), use_link_session);
    const Bytes list = as_bytes(link_alpn_list);
    require_link(SSL_CTX_set_alpn_protos(context.get(), list.data(), static_cast<unsigned>(list.size())) == 0);
    // A server without the key has to show a certificate, and no CA is known here.
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    return TlsContext::make_for_links(context.release(), false, std::move(ends));
}

std::shared_ptr<TlsContext> make_link_acceptor(const ClusterKeys& keys, std::string_view own) {
    if (own.empty()) {
        throw TlsConfigError("a member needs a name to accept links");
    }
    std::shared_ptr<LinkEnds> ends = make_link_ends(keys, own, {});
    SslContextPtr context = make_native_for_links(TLS_server_method());
    SSL_CTX_set_app_data(context.get(), ends.get());
    SSL_CTX_set_psk_find_session_callback(context.get(), find_link_session);
    SSL_CTX_set_alpn_select_cb(context.get(), choose_link_alpn, nullptr);
    return TlsContext::make_for_links(context.release(), true, std::move(ends));
}

std::string_view link_peer_of(const SSL* ssl) noexcept {
    const LinkHandshake* const handshake = link_handshake(ssl);
    return handshake != nullptr ? std::string_view(handshake->dialler) : std::string_view(ends_of(ssl).peer);
}

std::string_view link_refusal(const SSL* ssl) noexcept {
    const LinkHandshake* const handshake = link_handshake(ssl);
    return handshake != nullptr ? std::string_view(handshake->refusal) : std::string_view();
}

std::string_view link_key_id(const SSL* ssl) noexcept {
    return ends_of(ssl).first.key_id();
}

}  // namespace ferrotunnel::transport
