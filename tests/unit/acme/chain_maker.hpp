// Makes chains as a CA does, right ones and wrong ones.
#pragma once

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <stdexcept>
#include <string>

#include "acme/issued_chain.hpp"
#include "acme/key.hpp"
#include "base/free_with.hpp"

namespace ferrotunnel::acme {

using TestCertificate = std::unique_ptr<X509, FreeWith<X509_free>>;

/// What a certificate says; the names as OpenSSL's configuration has them: "DNS:a.example.com,IP:192.0.2.1".
struct Wanted {
    std::string subject{};  // a common name
    std::string names{};
    bool is_ca = false;
    WallTime not_before{};
    WallTime not_after{};
    std::string serial = "1234";  // hexadecimal
    bool has_authority_key = true;
};

inline void require_made(bool is_made) {
    if (!is_made) {
        throw std::runtime_error("the test cannot make a certificate");
    }
}

inline void set_time(ASN1_TIME* to, WallTime time) {
    require_made(ASN1_TIME_set(to, std::chrono::system_clock::to_time_t(time)) != nullptr);
}

inline void add_test_extension(X509* certificate, X509* issuer, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    const bool is_added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    require_made(is_added);
}

inline void set_test_serial(X509* certificate, const std::string& hexadecimal) {
    BIGNUM* number = nullptr;
    const bool is_set = BN_hex2bn(&number, hexadecimal.c_str()) > 0 &&
                        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
    BN_free(number);
    require_made(is_set);
}

/// `issuer` null: signed by its own key.
inline TestCertificate make_certificate(const Wanted& wanted, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    TestCertificate made(X509_new());
    X509* certificate = made.get();
    X509_set_version(certificate, X509_VERSION_3);
    set_test_serial(certificate, wanted.serial);
    set_time(X509_getm_notBefore(certificate), wanted.not_before);
    set_time(X509_getm_notAfter(certificate), wanted.not_after);
    X509_set_pubkey(certificate, key);
    if (!wanted.subject.empty()) {
        X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>(wanted.subject.c_str()), -1, -1, 0);
    }
    X509* signer = issuer != nullptr ? issuer : certificate;
    X509_set_issuer_name(certificate, X509_get_subject_name(signer));
    add_test_extension(certificate, signer, NID_basic_constraints,
                       wanted.is_ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
    add_test_extension(certificate, signer, NID_subject_key_identifier, "hash");
    if (wanted.has_authority_key) {
        add_test_extension(certificate, signer, NID_authority_key_identifier, "keyid:always");
    }
    if (!wanted.names.empty()) {
        add_test_extension(certificate, signer, NID_subject_alt_name, wanted.names);
    }
    require_made(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
    return made;
}

inline std::string pem_of_made(X509* certificate) {
    BIO* bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, certificate);
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    const std::string pem(data, static_cast<std::size_t>(length));
    BIO_free(bio);
    return pem;
}

/// A root and an intermediate certificate.
class TestCa {
public:
    explicit TestCa(WallTime now)
        : now_(now),
          root_(make_certificate(ca("Test Root"), root_key_.native(), nullptr, root_key_.native())),
          issuer_(make_certificate(ca("Test Issuer"), issuer_key_.native(), root_.get(), root_key_.native())) {}

    /// A certificate for 90 days.
    Wanted leaf(std::string names) const {
        return {.subject = {},
                .names = std::move(names),
                .not_before = now_ - std::chrono::hours(1),
                .not_after = now_ + std::chrono::hours(90 * 24)};
    }
    Wanted ca(std::string name) const {
        return {.subject = std::move(name),
                .is_ca = true,
                .not_before = now_ - std::chrono::hours(24),
                .not_after = now_ + std::chrono::hours(3'650 * 24)};
    }
    TestCertificate issue(const Wanted& wanted, const Key& key) const {
        return make_certificate(wanted, key.native(), issuer_.get(), issuer_key_.native());
    }
    std::string issue_pem(const Wanted& wanted, const Key& key) const { return pem_of_made(issue(wanted, key).get()); }
    /// The first certificate and its issuer, as CAs send them.
    std::string chain(const Wanted& wanted, const Key& key) const { return issue_pem(wanted, key) + issuer_pem(); }
    std::string issuer_pem() const { return pem_of_made(issuer_.get()); }
    std::string root_pem() const { return pem_of_made(root_.get()); }
    X509* issuer() const { return issuer_.get(); }
    const Key& issuer_key() const { return issuer_key_; }

private:
    WallTime now_;
    Key root_key_ = Key::make();
    Key issuer_key_ = Key::make();
    TestCertificate root_;
    TestCertificate issuer_;
};

}  // namespace ferrotunnel::acme
