#include "jwt/key.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace ferrotunnel::plugins {
namespace {

using Kind = Algorithm::Kind;

constexpr std::array<Algorithm, 13> algorithms{{
    {"HS256", Kind::hmac, "SHA256", nullptr, 32},
    {"HS384", Kind::hmac, "SHA384", nullptr, 48},
    {"HS512", Kind::hmac, "SHA512", nullptr, 64},
    {"RS256", Kind::rsa, "SHA256", nullptr, 0},
    {"RS384", Kind::rsa, "SHA384", nullptr, 0},
    {"RS512", Kind::rsa, "SHA512", nullptr, 0},
    {"PS256", Kind::rsa_pss, "SHA256", nullptr, 0},
    {"PS384", Kind::rsa_pss, "SHA384", nullptr, 0},
    {"PS512", Kind::rsa_pss, "SHA512", nullptr, 0},
    {"ES256", Kind::ecdsa, "SHA256", "prime256v1", 32},
    {"ES384", Kind::ecdsa, "SHA384", "secp384r1", 48},
    {"ES512", Kind::ecdsa, "SHA512", "secp521r1", 66},
    {"EdDSA", Kind::ed25519, nullptr, nullptr, 64},
}};

template <typename Type, void (*free)(Type*)>
struct Freed {
    void operator()(Type* object) const noexcept { free(object); }
};
using Context = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX, EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG, ECDSA_SIG_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509, X509_free>>;

const unsigned char* bytes(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// Converts two numbers from the form of tokens, side by side, to OpenSSL's; empty if they are not valid.
std::string der_of(std::string_view signature, std::size_t size) {
    if (signature.size() != 2 * size) {
        return {};
    }
    const Signature pair(ECDSA_SIG_new());
    BIGNUM* const r = BN_bin2bn(bytes(signature), static_cast<int>(size), nullptr);
    BIGNUM* const s = BN_bin2bn(bytes(signature) + size, static_cast<int>(size), nullptr);
    if (pair == nullptr || r == nullptr || s == nullptr || ECDSA_SIG_set0(pair.get(), r, s) != 1) {
        BN_free(r);
        BN_free(s);
        return {};
    }
    unsigned char* der = nullptr;
    const int length = i2d_ECDSA_SIG(pair.get(), &der);
    std::string made;
    if (length > 0) {
        made.assign(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    }
    OPENSSL_free(der);
    return made;
}

std::string public_key_fault(const Algorithm& algorithm, EVP_PKEY* key) {
    switch (algorithm.kind) {
        case Kind::rsa:
        case Kind::rsa_pss: {
            const int bits = EVP_PKEY_get_bits(key);
            return EVP_PKEY_is_a(key, "RSA") != 1 ? "is not an RSA key"
                   : bits < 2'048 || bits > 8'192 ? "is an RSA key that does not have 2048 to 8192 bits"
                                                  : "";
        }
        case Kind::ecdsa: {
            char curve[64] = "";
            const bool is_ec =
                EVP_PKEY_is_a(key, "EC") == 1 && EVP_PKEY_get_group_name(key, curve, sizeof curve, nullptr) == 1;
            return is_ec && std::string_view(curve) == algorithm.curve
                       ? ""
                       : std::string("is not a key of the curve ") + algorithm.curve;
        }
        case Kind::ed25519:
            return EVP_PKEY_is_a(key, "ED25519") == 1 ? "" : "is not an Ed25519 key";
        case Kind::hmac:
            break;
    }
    return "is a public key, which anyone can have: it is not a secret for HMAC";
}

}  // namespace

const Algorithm* algorithm_of(std::string_view name) noexcept {
    for (const Algorithm& algorithm : algorithms) {
        if (name == algorithm.name) {
            return &algorithm;
        }
    }
    return nullptr;
}

Key Key::of_secret(const Algorithm& algorithm, std::string kid, std::string secret) {
    if (algorithm.kind != Kind::hmac) {
        throw std::runtime_error(std::string("is a secret, while ") + algorithm.name + " has public keys");
    }
    if (secret.find("-----BEGIN") != std::string::npos) {
        throw std::runtime_error("is a key in PEM, which is not a secret for HMAC");
    }
    if (secret.size() < algorithm.size) {
        throw std::runtime_error("has " + std::to_string(secret.size()) + " bytes; " + algorithm.name +
                                 " needs at least " + std::to_string(algorithm.size));
    }
    Key key(algorithm, std::move(kid));
    key.secret_ = std::make_shared<const std::string>(std::move(secret));
    return key;
}

Key Key::of_public(const Algorithm& algorithm, std::string kid, evp_pkey_st* owned) {
    Key key(algorithm, std::move(kid));
    key.public_ = std::shared_ptr<evp_pkey_st>(owned, &EVP_PKEY_free);
    ERR_clear_error();
    if (owned == nullptr) {
        throw std::runtime_error("is not a public key in PEM, nor a certificate");
    }
    if (const std::string fault = public_key_fault(algorithm, owned); !fault.empty()) {
        throw std::runtime_error(fault);
    }
    return key;
}

Key Key::of_pem(const Algorithm& algorithm, std::string kid, const std::string& pem) {
    if (pem.find("PRIVATE KEY-----") != std::string::npos) {
        throw std::runtime_error("is a private key; use its public key");
    }
    const std::unique_ptr<BIO, Freed<BIO, BIO_free_all>> text(
        BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    EVP_PKEY* key = nullptr;
    if (pem.find("-----BEGIN CERTIFICATE-----") != std::string::npos) {
        const Certificate certificate(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr));
        key = certificate != nullptr ? X509_get_pubkey(certificate.get()) : nullptr;
    } else {
        key = PEM_read_bio_PUBKEY(text.get(), nullptr, nullptr, nullptr);
    }
    return of_public(algorithm, std::move(kid), key);
}

bool Key::verify(std::string_view text, std::string_view signature) const {
    if (secret_ == nullptr) {
        const bool is_right = verify_public(text, signature);
        ERR_clear_error();  // so that no other code on this thread finds these errors
        return is_right;
    }
    std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
    unsigned size = 0;
    const EVP_MD* const digest = EVP_get_digestbyname(algorithm_->digest);
    return HMAC(digest, secret_->data(), static_cast<int>(secret_->size()), bytes(text), text.size(), mac.data(),
                &size) != nullptr &&
           size == signature.size() && CRYPTO_memcmp(mac.data(), signature.data(), size) == 0;
}

bool Key::verify_public(std::string_view text, std::string_view signature) const {
    std::string der;
    if (algorithm_->kind == Kind::ecdsa) {
        der = der_of(signature, algorithm_->size);
        signature = der;
    }
    const Context context(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;  // owned by the context
    if (signature.empty() || context == nullptr ||
        EVP_DigestVerifyInit_ex(context.get(), &options, algorithm_->digest, nullptr, nullptr, public_.get(),
                                nullptr) != 1) {
        return false;
    }
    if (algorithm_->kind == Kind::rsa_pss && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                                              EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1)) {
        return false;
    }
    return EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(text), text.size()) == 1;
}

}  // namespace ferrotunnel::plugins
