#include "transport/link_errors.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <string_view>

#include "base/text.hpp"
#include "transport/certificate.hpp"
#include "transport/link_context.hpp"
#include "transport/tls_errors.hpp"

namespace ferrotunnel::transport {
namespace {

constexpr const char* not_a_member =
    "the peer speaks TLS, but is not a member of a cluster: it does not offer the protocol ferrotunnel-peer/1";
constexpr const char* not_a_cluster_port =
    "the server speaks TLS, but does not select the protocol ferrotunnel-peer/1: this is not the port on which a "
    "server "
    "accepts the other members of its cluster; check address and port";
constexpr const char* key_not_proved = "the peer does not have this cluster's key";

std::string dialler_text(SSL* ssl, int reason) {
    switch (reason) {
        case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
        case SSL_AD_REASON_OFFSET + SSL_AD_UNKNOWN_PSK_IDENTITY:
            return std::string(key_not_proved) + " (" + std::string(link_key_id(ssl)) +
                   "): compare the key files of both servers";
        case SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER:  // a binder that does not verify, at OpenSSL
        case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:      // the same, at others
            return "the peer has this cluster's key, but is not the member " + in_quotes(link_peer_of(ssl)) +
                   ": compare names and addresses of the members in both configurations";
        case SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL:
        case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
            return not_a_cluster_port;
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            return "the server answers with a certificate in place of the cluster's key, so it is not a member; check "
                   "address and port. If they are right, the connection is intercepted";
        default:
            return {};
    }
}

std::string acceptor_text(SSL* ssl, int reason) {
    switch (reason) {
        case SSL_R_BINDER_DOES_NOT_VERIFY:
            return link_refusal(ssl).empty() ? std::string(key_not_proved) : std::string(link_refusal(ssl));
        case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM:  // no known PSK, so a certificate was needed
        case SSL_R_NO_SHARED_CIPHER:
            return key_not_proved;
        case SSL_R_NO_APPLICATION_PROTOCOL:
            return not_a_member;
        case SSL_R_UNSUPPORTED_PROTOCOL:
            return "the peer does not speak TLS 1.3, and nothing older is accepted";
        default:
            return {};
    }
}

}  // namespace

std::string link_fault(SSL* ssl) {
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl, &chosen, &size);
    // An external PSK counts as a resumed session, and there are no sessions of another kind.
    if (SSL_session_reused(ssl) != 1 || SSL_get0_peer_certificate(ssl) != nullptr) {
        return key_not_proved;
    }
    if (as_text({chosen, size}) != link_alpn) {
        return SSL_is_server(ssl) == 1 ? not_a_member : not_a_cluster_port;
    }
    return std::string(link_refusal(ssl));
}

std::string link_failure_text(SSL* ssl) {
    const bool accepts = SSL_is_server(ssl) == 1;
    if (tls_failure_is_no_tls()) {
        ERR_clear_error();
        return accepts ? "the peer does not speak TLS"
                       : "the server does not speak TLS on this port; check the address";
    }
    const int reason = ERR_GET_REASON(ERR_peek_error());
    std::string text = accepts ? acceptor_text(ssl, reason) : dialler_text(ssl, reason);
    if (text.empty()) {
        return "TLS of the link: " + take_openssl_error();
    }
    ERR_clear_error();
    return text;
}

}  // namespace ferrotunnel::transport
