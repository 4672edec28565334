#include "transport/tls_errors.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "base/free_with.hpp"
#include "base/text.hpp"
#include "transport/certificate.hpp"
#include "transport/certificate_names.hpp"
#include "transport/tls_context.hpp"
#include "transport/visitor_context.hpp"

namespace ferrotunnel::transport {
namespace {

// --- names in a peer's certificate, for messages about a mismatch with the requested name

struct PeerNames {
    std::string listed;  // from the subjectAltName, the first few: "app.internal, 10.0.0.5 and 3 more"; empty if none
    std::string common_name;  // from the subject, which is not checked: RFC 9525, 6.3
};

constexpr std::size_t listed_names_max = 5;

std::string listed_names(X509* certificate) {
    const CertificateNames names = names_in(certificate, listed_names_max);
    std::string listed;
    for (const std::string& name : names.first) {
        listed += (listed.empty() ? "" : ", ") + name;
    }
    const std::size_t more = names.count - names.first.size();
    return more != 0 ? listed + " and " + std::to_string(more) + " more" : listed;
}

// The names of the peer's certificate, even if it was not accepted. All are safe to print. Empty if there is no
// certificate. The chain of a certificate that was not accepted contains only the certificate.
PeerNames peer_names(SSL* ssl) {
    const STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
    X509* certificate = chain == nullptr || sk_X509_num(chain) == 0 ? nullptr : sk_X509_value(chain, 0);
    return certificate == nullptr ? PeerNames() : PeerNames{listed_names(certificate), common_name_in(certificate)};
}

// --- texts

constexpr int reason_of_alert(int alert) {
    return SSL_AD_REASON_OFFSET + alert;
}

// What to do about a certificate that does not have the requested name. `how`: where the name is set; `otherwise`: the
// remedy if it has none.
std::string mismatch_text(SSL* ssl, const std::string& how, const std::string& otherwise) {
    const PeerNames names = peer_names(ssl);
    if (!names.listed.empty()) {
        return "; " + how + ": " + names.listed;
    }
    return "; it has no host name or address in its subjectAltName, and only these are checked" +
           (names.common_name.empty() ? "" : ", not its common name (CN) " + in_quotes(names.common_name)) + ": " +
           otherwise;
}

bool is_mismatch(long result) {
    return result == X509_V_ERR_HOSTNAME_MISMATCH || result == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

std::string verification_text(SSL* ssl, bool server) {
    long result = SSL_get_verify_result(ssl);
    std::string text =
        server ? "the client's certificate cannot be verified: " : "the server's certificate cannot be verified: ";
    text += X509_verify_cert_error_string(result);
    if (server) {
        return text;
    }
    if (is_mismatch(result)) {
        return text + mismatch_text(ssl, "connect by a name that is in the certificate",
                                    "give the server one that has it (`subjectAltName=DNS:NAME`), or pin the server's "
                                    "key by its fingerprint instead");
    }
    return text + "; specify the CA that signed it, or pin the server's key by its fingerprint instead";
}

std::string no_tls_text(bool server) {
    return server
               ? "the peer does not speak TLS (a client with TLS off, or no FerroTunnel client at all)"
               : "the server does not speak TLS on this port; check the address, or turn TLS off if the server has it "
                 "off";
}

std::string no_alpn_text(bool server) {
    return server ? "the peer speaks TLS but is not a FerroTunnel client (it does not offer the protocol ferrotunnel/1)"
                  : "the server speaks TLS but is not a FerroTunnel server (it does not select the protocol "
                    "ferrotunnel/1); check address and port";
}

}  // namespace

bool tls_failure_is_no_tls() noexcept {
    switch (ERR_GET_REASON(ERR_peek_error())) {
        case SSL_R_WRONG_VERSION_NUMBER:
        case SSL_R_HTTP_REQUEST:
        case SSL_R_HTTPS_PROXY_REQUEST:
            return true;
        default:
            return false;
    }
}

bool tls_failure_is_plain_http() noexcept {
    return ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
}

std::string visitor_failure_text(SSL* ssl) {
    const RunningHandshake* running = running_handshake(ssl);
    if (running != nullptr && !running->refusal.empty()) {
        ERR_clear_error();
        return "the visitor was rejected: " + running->refusal;
    }
    if (tls_failure_is_no_tls()) {
        const bool http = tls_failure_is_plain_http();
        ERR_clear_error();
        return http ? "the visitor speaks plain HTTP where TLS is expected" : "the visitor does not speak TLS";
    }
    switch (ERR_GET_REASON(ERR_peek_error())) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
            ERR_clear_error();
            return "the visitor does not speak TLS 1.2 or 1.3, and nothing older is accepted";
        case SSL_R_NO_SHARED_CIPHER:
        case SSL_R_NO_SHARED_GROUPS:
        case SSL_R_NO_SUITABLE_KEY_SHARE:
            ERR_clear_error();
            return "the visitor offers no cipher suite, group or signature algorithm that is accepted here";
        case SSL_R_NO_APPLICATION_PROTOCOL:
            ERR_clear_error();
            return "the visitor offers protocols (ALPN), but none that this server supports";
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            ERR_clear_error();
            return std::string("the visitor's certificate cannot be verified: ") +
                   X509_verify_cert_error_string(SSL_get_verify_result(ssl));
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            ERR_clear_error();
            return "the visitor has no certificate, and this host requires one";
        default:
            return "TLS with the visitor: " + take_openssl_error();
    }
}

std::string backend_failure_text(SSL* ssl, const TlsPeerWords& words) {
    const std::string peer = "the " + words.name;
    if (tls_failure_is_no_tls()) {
        ERR_clear_error();
        return peer + " does not speak TLS on this port";
    }
    switch (ERR_GET_REASON(ERR_peek_error())) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
        case reason_of_alert(SSL_AD_PROTOCOL_VERSION):
            ERR_clear_error();
            return peer + " does not speak TLS 1.2 or 1.3, and nothing older is accepted";
        case SSL_R_CERTIFICATE_VERIFY_FAILED: {
            ERR_clear_error();
            const long result = SSL_get_verify_result(ssl);
            return peer + "'s certificate cannot be verified: " + X509_verify_cert_error_string(result) +
                   (is_mismatch(result) ? mismatch_text(ssl, words.mismatch, words.without_names)
                                        : "; " + words.unknown_issuer);
        }
        case reason_of_alert(TLS13_AD_CERTIFICATE_REQUIRED):
            ERR_clear_error();
            return peer + " requires a client certificate; set backend_certificate and backend_key";
        case reason_of_alert(SSL_AD_UNKNOWN_CA):
        case reason_of_alert(SSL_AD_BAD_CERTIFICATE):
        case reason_of_alert(SSL_AD_CERTIFICATE_EXPIRED):
        case reason_of_alert(SSL_AD_CERTIFICATE_UNKNOWN):
            return peer + " does not accept our client certificate: " + take_openssl_error();
        case reason_of_alert(SSL_AD_HANDSHAKE_FAILURE):  // TLS 1.2 has no alert for a missing certificate
            return peer + " rejected the TLS handshake; it may require a client certificate: " + take_openssl_error();
        default:
            return "TLS with " + peer + ": " + take_openssl_error();
    }
}

std::string tls_failure_text(SSL* ssl, bool server) {
    if (tls_failure_is_no_tls()) {
        ERR_clear_error();
        return no_tls_text(server);
    }
    switch (ERR_GET_REASON(ERR_peek_error())) {
        case SSL_R_UNSUPPORTED_PROTOCOL:
        case SSL_R_NO_PROTOCOLS_AVAILABLE:
        case reason_of_alert(SSL_AD_PROTOCOL_VERSION):
            ERR_clear_error();
            return server ? "the peer does not speak TLS 1.3, and nothing older is accepted"
                          : "the server does not speak TLS 1.3, and nothing older is accepted";
        case SSL_R_NO_APPLICATION_PROTOCOL:
        case reason_of_alert(SSL_AD_NO_APPLICATION_PROTOCOL):
            ERR_clear_error();
            return no_alpn_text(server);
        case SSL_R_CERTIFICATE_VERIFY_FAILED:
            ERR_clear_error();
            return verification_text(ssl, server);
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            ERR_clear_error();
            return "the client has no certificate, and this server requires one";
        case reason_of_alert(TLS13_AD_CERTIFICATE_REQUIRED):
            ERR_clear_error();
            return "the server requires a client certificate; give a certificate and its key";
        case reason_of_alert(SSL_AD_UNKNOWN_CA):
        case reason_of_alert(SSL_AD_BAD_CERTIFICATE):
        case reason_of_alert(SSL_AD_CERTIFICATE_EXPIRED):
        case reason_of_alert(SSL_AD_CERTIFICATE_UNKNOWN):
            return std::string(server ? "the client does not accept our certificate: "
                                      : "the server does not accept our certificate: ") +
                   take_openssl_error();
        default:
            return "TLS: " + take_openssl_error();
    }
}

}  // namespace ferrotunnel::transport
