// Certificates for tests, made by OpenSSL on the spot.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>

#include "transport/openssl_ptr.hpp"

namespace ferrotunnel::transport::test {

struct Made {
    std::shared_ptr<EVP_PKEY> key;
    std::shared_ptr<X509> certificate;
};

struct Wish {
    std::string alternative_names{};  // as OpenSSL writes them: "DNS:a.example,DNS:*.a.example"
    std::string common_name = "test";
    const Made* issuer = nullptr;  // null: signs itself
    bool authority = false;
    int rsa_bits = 0;  // 0: P-256
    long from_seconds = -3'600;
    long until_seconds = 24 * 3'600;
    const char* purpose = "serverAuth,clientAuth";
};

inline void must(bool fine) {
    if (!fine) {
        throw std::runtime_error("OpenSSL cannot make a certificate");
    }
}

inline void extend(X509* certificate, int id, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, id, value.c_str());
    must(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
    X509_EXTENSION_free(extension);
}

inline Made make(const Wish& wish) {
    static long serial = 0;
    Made made;
    made.key.reset(wish.rsa_bits != 0 ? EVP_RSA_gen(static_cast<unsigned>(wish.rsa_bits)) : EVP_EC_gen("P-256"),
                   EVP_PKEY_free);
    made.certificate.reset(X509_new(), X509_free);
    X509* certificate = made.certificate.get();
    must(made.key && certificate != nullptr);
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(certificate), wish.from_seconds);
    X509_gmtime_adj(X509_getm_notAfter(certificate), wish.until_seconds);
    X509_set_pubkey(certificate, made.key.get());
    const auto* name = reinterpret_cast<const unsigned char*>(wish.common_name.c_str());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC, name, -1, -1, 0);
    const Made& issuer = wish.issuer != nullptr ? *wish.issuer : made;
    X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
    extend(certificate, NID_basic_constraints, wish.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!wish.authority) {
        extend(certificate, NID_ext_key_usage, wish.purpose);
    }
    if (!wish.alternative_names.empty()) {
        extend(certificate, NID_subject_alt_name, wish.alternative_names);
    }
    must(X509_sign(certificate, issuer.key.get(), EVP_sha256()) > 0);
    return made;
}

/// For one host, signed by itself.
inline Made make_for(const std::string& host) {
    return make({.alternative_names = "DNS:" + host});
}

inline std::string common_name_of(const X509* certificate) {
    char name[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name, sizeof name);
    return name;
}

inline std::string text_of(BIO* bio) {
    char* data = nullptr;
    const long length = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(length)};
}

inline std::string certificate_pem(X509* certificate) {
    BioPtr bio(BIO_new(BIO_s_mem()));
    must(PEM_write_bio_X509(bio.get(), certificate) == 1);
    return text_of(bio.get());
}
inline std::string certificate_pem(const Made& made) {
    return certificate_pem(made.certificate.get());
}

inline std::string key_pem(EVP_PKEY* key, const char* pass_phrase = nullptr) {
    BioPtr bio(BIO_new(BIO_s_mem()));
    const int bytes = pass_phrase != nullptr ? static_cast<int>(std::string(pass_phrase).size()) : 0;
    must(PEM_write_bio_PKCS8PrivateKey(bio.get(), key, pass_phrase != nullptr ? EVP_aes_128_cbc() : nullptr,
                                       pass_phrase, bytes, nullptr, nullptr) == 1);
    return text_of(bio.get());
}
inline std::string key_pem(const Made& made, const char* pass_phrase = nullptr) {
    return key_pem(made.key.get(), pass_phrase);
}

/// Replaces a file as programs should: whole, and under the old name at once. 0600 unless said otherwise.
inline void put_file(const std::filesystem::path& file, const std::string& content, mode_t mode = 0600) {
    std::filesystem::path fresh = file;
    fresh += ".fresh";
    std::ofstream(fresh) << content;
    ::chmod(fresh.c_str(), mode);
    std::filesystem::rename(fresh, file);
}

inline void put_pair(const std::filesystem::path& folder, const std::string& name, const Made& made) {
    put_file(folder / (name + ".crt"), certificate_pem(made));
    put_file(folder / (name + ".key"), key_pem(made));
}

}  // namespace ferrotunnel::transport::test
