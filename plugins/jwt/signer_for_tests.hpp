// Makes keys and tokens for tests.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "jwt/key.hpp"

namespace ferrotunnel::test {

inline std::string base64url(const std::string& bytes) {
    std::string text(bytes.size() * 2 + 4, '\0');
    const int size =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(size));
    while (text.ends_with('=')) {
        text.pop_back();
    }
    for (char& c : text) {
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    }
    return text;
}

/// A key for one algorithm.
class Signer {
public:
    explicit Signer(const std::string& name) : algorithm_(*plugins::algorithm_of(name)) {
        using Kind = plugins::Algorithm::Kind;
        switch (algorithm_.kind) {
            case Kind::hmac:
                return;
            case Kind::rsa:
            case Kind::rsa_pss:
                key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t(2'048));
                return;
            case Kind::ecdsa:
                key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", algorithm_.curve);
                return;
            case Kind::ed25519:
                key_ = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
        }
    }
    Signer(const Signer&) = delete;
    Signer& operator=(const Signer&) = delete;
    ~Signer() { EVP_PKEY_free(key_); }

    std::string pem() const {
        BIO* const bio = BIO_new(BIO_s_mem());
        PEM_write_bio_PUBKEY(bio, key_);
        char* text = nullptr;
        const long size = BIO_get_mem_data(bio, &text);
        std::string made(text, static_cast<std::size_t>(size));
        BIO_free(bio);
        return made;
    }
    /// A number of the key, in base64url.
    std::string number(const char* name, int size = 0) const {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_, name, &value);
        std::string bytes(static_cast<std::size_t>(size > 0 ? size : BN_num_bytes(value)), '\0');
        BN_bn2binpad(value, reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
        BN_free(value);
        return base64url(bytes);
    }
    std::string raw() const {
        std::string bytes(32, '\0');
        std::size_t size = bytes.size();
        EVP_PKEY_get_raw_public_key(key_, reinterpret_cast<unsigned char*>(bytes.data()), &size);
        return base64url(bytes);
    }
    std::string sign(const std::string& text) const {
        if (key_ == nullptr) {
            return hmac(algorithm_.digest, secret, text);
        }
        EVP_MD_CTX* const context = EVP_MD_CTX_new();
        EVP_PKEY_CTX* options = nullptr;
        EVP_DigestSignInit_ex(context, &options, algorithm_.digest, nullptr, nullptr, key_, nullptr);
        if (algorithm_.kind == plugins::Algorithm::Kind::rsa_pss) {
            EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING);
            EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST);
        }
        std::size_t size = 1'024;
        std::string signature(size, '\0');
        const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
        if (EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size()) !=
            1) {
            throw std::runtime_error("cannot sign");
        }
        EVP_MD_CTX_free(context);
        signature.resize(size);
        return algorithm_.kind == plugins::Algorithm::Kind::ecdsa ? side_by_side(signature) : signature;
    }
    /// A token with these JSON texts.
    std::string token(const std::string& header, const std::string& claims) const {
        const std::string text = base64url(header) + "." + base64url(claims);
        return text + "." + base64url(sign(text));
    }
    static std::string hmac(const char* digest, const std::string& secret, const std::string& text) {
        unsigned char mac[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        HMAC(EVP_get_digestbyname(digest), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac, &size);
        return {reinterpret_cast<const char*>(mac), size};
    }

    std::string secret = std::string(64, 's');

private:
    std::string side_by_side(const std::string& der) const {
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        ECDSA_SIG* const pair = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
        std::string made(2 * algorithm_.size, '\0');
        auto* const bytes = reinterpret_cast<unsigned char*>(made.data());
        BN_bn2binpad(ECDSA_SIG_get0_r(pair), bytes, static_cast<int>(algorithm_.size));
        BN_bn2binpad(ECDSA_SIG_get0_s(pair), bytes + algorithm_.size, static_cast<int>(algorithm_.size));
        ECDSA_SIG_free(pair);
        return made;
    }

    const plugins::Algorithm& algorithm_;
    EVP_PKEY* key_ = nullptr;
};

}  // namespace ferrotunnel::test
