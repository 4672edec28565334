#include "transport/credential_state.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "transport/certificate.hpp"
#include "transport/certificate_expiry.hpp"
#include "transport/limits.hpp"
#include "transport/pem_file.hpp"
#include "transport/tls_context.hpp"
#include "transport/visitor_context.hpp"

namespace ferrotunnel::transport {

namespace {

using WallTime = std::chrono::system_clock::time_point;

void require_size(const PemText& pem, const char* what) {
    if (pem.text().size() > limits::pem_file_bytes_max) {
        throw TlsConfigError(std::string(what) + " is larger than 1 MiB");
    }
}

std::string text_of_fault(const CertificateReading& reading) {
    switch (reading.about) {
        case CertificateReading::About::pair:
            return reading.error;
        case CertificateReading::About::key:
            return reading.needs_password ? "the private key is encrypted: give its password"
                                          : "the private key's text " + reading.error;
        case CertificateReading::About::certificate:
            break;
    }
    return "the certificate's text " + reading.error;
}

// Called in each handshake, on either side.
int use_present(SSL* ssl, void* credential) noexcept {
    const std::shared_ptr<const LoadedCertificate> present = static_cast<CredentialState*>(credential)->current();
    return use_certificate(ssl, *present) ? 1 : 0;
}

bool has_ended(X509* certificate, WallTime now) {
    return time_of(X509_get0_notAfter(certificate)) < now;
}

void add_authorities(TrustAnchors& anchors, const PemText& pem, WallTime now) {
    auto all = certificates_in(pem);
    if (!all) {
        throw TlsConfigError("the CAs' text " + all.error());
    }
    if (std::all_of(all->begin(), all->end(), [now](const auto& one) { return has_ended(one.get(), now); })) {
        throw TlsConfigError(all->size() == 1 ? "the CA's certificate has expired"
                                              : "the CAs' certificates have expired");
    }
    anchors.store.reset(X509_STORE_new());
    require_openssl(anchors.store != nullptr, "cannot use CA certificates");
    for (const CertificatePtr& one : *all) {
        require_openssl(X509_STORE_add_cert(anchors.store.get(), one.get()) == 1, "cannot use a CA certificate");
    }
    anchors.authorities = std::move(*all);
    anchors.digest = pem.digest();
    ERR_clear_error();
}

}  // namespace

std::shared_ptr<const LoadedCertificate> parse_credential(std::string chain, std::string_view key,
                                                          std::string_view password, WallTime now) {
    const PemText certificate_text(std::move(chain));
    const PemText key_text{std::string(key)};
    require_size(certificate_text, "the certificate's text");
    require_size(key_text, "the private key's text");
    ChainCertificates chains;
    const PemText& used_key = key.empty() ? certificate_text : key_text;
    CertificateReading reading = load_certificate({certificate_text, used_key, {}, password}, false, now, chains);
    if (!reading.loaded) {
        throw TlsConfigError(text_of_fault(reading));
    }
    if (const std::string fault = date_fault(*reading.loaded, now); !fault.empty()) {
        throw TlsConfigError("the certificate " + fault);
    }
    if (const std::string fault = chain_fault(*reading.loaded); !fault.empty()) {
        throw TlsConfigError("the certificate cannot be used: " + fault);
    }
    return std::move(reading.loaded);
}

void use_live_certificate(SSL_CTX* context, CredentialState& credential) {
    SSL_CTX_set_cert_cb(context, use_present, &credential);
}

bool TrustAnchors::accepts_key(const std::string& digest_of_key) const noexcept {
    return pins.empty() || std::find(pins.begin(), pins.end(), digest_of_key) != pins.end();
}

std::shared_ptr<const TrustAnchors> parse_trust(std::string pem, const std::vector<std::string>& pins, WallTime now) {
    auto anchors = std::make_shared<TrustAnchors>();
    if (!pem.empty()) {
        const PemText text(std::move(pem));
        require_size(text, "the CAs' text");
        add_authorities(*anchors, text, now);
    }
    if (pins.size() > limits::trust_pins_max) {
        throw TlsConfigError("there are more than " + std::to_string(limits::trust_pins_max) + " pins");
    }
    for (const std::string& pin : pins) {
        anchors->pins.push_back(parse_fingerprint(pin));
    }
    return anchors;
}

}  // namespace ferrotunnel::transport
