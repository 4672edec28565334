#include "acme/alpn_certificate.hpp"

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>

#include "acme/certificate_parts.hpp"
#include "acme/crypto.hpp"
#include "base/wipe.hpp"

namespace ferrotunnel::acme {
namespace {

constexpr const char* alpn_failure = "cannot make a certificate for TLS-ALPN-01";
constexpr const char* acme_identifier_oid = "1.3.6.1.5.5.7.1.31";
constexpr std::string_view alpn_subject = "ACME challenge";
constexpr long valid_since_seconds = 3'600;  // clocks differ
constexpr long valid_for_seconds = 7L * 24 * 3'600;

using ObjectPtr = std::unique_ptr<ASN1_OBJECT, FreeWith<ASN1_OBJECT_free>>;
using OctetsPtr = std::unique_ptr<ASN1_OCTET_STRING, FreeWith<ASN1_OCTET_STRING_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, FreeWith<X509_EXTENSION_free>>;

// The subject has no name of the identifier: those may be too long for it.
void set_frame(X509* certificate, EVP_PKEY* key) {
    X509_NAME* subject = X509_get_subject_name(certificate);
    require_crypto(
        X509_set_version(certificate, X509_VERSION_3) == 1 &&
            X509_gmtime_adj(X509_getm_notBefore(certificate), -valid_since_seconds) != nullptr &&
            X509_gmtime_adj(X509_getm_notAfter(certificate), valid_for_seconds - valid_since_seconds) != nullptr &&
            X509_set_pubkey(certificate, key) == 1 &&
            X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_ASC, as_bytes(alpn_subject).data(),
                                       static_cast<int>(alpn_subject.size()), -1, 0) == 1 &&
            X509_set_issuer_name(certificate, subject) == 1,
        alpn_failure);
}

// id-pe-acmeIdentifier: an OCTET STRING with the digest, inside the OCTET STRING that each extension has.
void add_digest(X509* certificate, std::string_view key_authorization) {
    const Sha256 digest = sha256_of(key_authorization);
    std::array<std::uint8_t, 2 + std::tuple_size_v<Sha256>> encoded{V_ASN1_OCTET_STRING, std::tuple_size_v<Sha256>};
    std::copy(digest.begin(), digest.end(), encoded.begin() + 2);
    const ObjectPtr object(OBJ_txt2obj(acme_identifier_oid, 1));
    const OctetsPtr octets(ASN1_OCTET_STRING_new());
    require_crypto(
        object && octets && ASN1_OCTET_STRING_set(octets.get(), encoded.data(), static_cast<int>(encoded.size())) == 1,
        alpn_failure);
    const ExtensionPtr extension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 1, octets.get()));
    require_crypto(extension && X509_add_ext(certificate, extension.get(), -1) == 1, alpn_failure);
}

}  // namespace

std::string make_alpn_certificate(const Identifier& identifier, std::string_view key_authorization) {
    const Key key = Key::make();
    const CertificatePtr certificate(X509_new());
    require_crypto(certificate != nullptr, alpn_failure);
    set_random_serial(certificate.get());
    set_frame(certificate.get(), key.native());
    const GeneralNamesPtr names = general_names({identifier});
    require_crypto(X509_add1_ext_i2d(certificate.get(), NID_subject_alt_name, names.get(), 0, X509V3_ADD_DEFAULT) == 1,
                   alpn_failure);
    add_digest(certificate.get(), key_authorization);
    require_crypto(X509_sign(certificate.get(), key.native(), EVP_sha256()) > 0, alpn_failure);

    std::string key_pem = key.to_pem();
    const std::string chain_pem = pem_of(certificate.get());
    std::string pem;
    pem.reserve(key_pem.size() + chain_pem.size());  // so that no copy of the key is left behind
    pem.append(key_pem).append(chain_pem);
    wipe(key_pem);
    return pem;
}

}  // namespace ferrotunnel::acme
