#include "acme/key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>
#include <stdexcept>

#include "acme/crypto.hpp"
#include "acme/limits.hpp"
#include "base/base64url.hpp"

namespace ferrotunnel::acme {
namespace {

constexpr std::size_t coordinate_bytes = 32;
constexpr std::size_t der_signature_max = 80;  // 72 with P-256

using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using KeyContextPtr = std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>>;
using SignaturePtr = std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>>;

bool is_p256(EVP_PKEY* key) {
    std::array<char, 64> name{};
    std::size_t length = 0;
    return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
           EVP_PKEY_get_group_name(key, name.data(), name.size(), &length) == 1 &&
           std::string_view(name.data(), length) == "prime256v1";
}

// Whether its halves belong together. A damaged file may have a key whose signatures nobody accepts.
bool is_consistent(EVP_PKEY* key) {
    const KeyContextPtr context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    return context && EVP_PKEY_check(context.get()) == 1;
}

// `name` of OpenSSL's parameters of public keys: 32 bytes, base64url.
std::string coordinate_text(EVP_PKEY* key, const char* name) {
    BIGNUM* number = nullptr;
    const bool found = EVP_PKEY_get_bn_param(key, name, &number) == 1;
    const BignumPtr owner(number);
    std::array<std::uint8_t, coordinate_bytes> bytes{};
    require_crypto(found && BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) > 0,
                   "cannot encode a public key");
    return encode_base64url(bytes);
}

// The signature of JOSE: two numbers of fixed length, where OpenSSL has a structure.
std::string fixed_signature(const std::uint8_t* der, std::size_t length) {
    const SignaturePtr signature(d2i_ECDSA_SIG(nullptr, &der, static_cast<long>(length)));
    std::array<std::uint8_t, 2 * coordinate_bytes> bytes{};
    const int size = static_cast<int>(coordinate_bytes);
    require_crypto(signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes.data(), size) == size &&
                       BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes.data() + size, size) == size,
                   "cannot encode a signature");
    return std::string(as_text(bytes));
}

}  // namespace

Key Key::make() {
    KeyPtr key(EVP_EC_gen("P-256"));
    require_crypto(key != nullptr, "cannot make a key");
    return Key(std::move(key));
}

Key Key::from_pem(std::string_view pem) {
    if (pem.size() > limits::key_pem_max) {
        throw std::runtime_error("is longer than 16 KiB, so it is not a private key");
    }
    ERR_clear_error();
    const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    KeyPtr key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr) : nullptr);
    const bool is_usable = key && is_p256(key.get()) && is_consistent(key.get());
    ERR_clear_error();
    if (!key) {
        throw std::runtime_error("is not a private key in PEM form without a passphrase");
    }
    if (!is_usable) {
        throw std::runtime_error("is not an intact private key of the kind ECDSA with P-256 (prime256v1)");
    }
    return Key(std::move(key));
}

std::string Key::to_pem() const {
    const BioPtr bio(BIO_new(BIO_s_mem()));
    require_crypto(
        bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1,
        "cannot encode a private key");
    return text_in(bio.get());  // OpenSSL overwrites the memory of a BIO before it is freed
}

std::string Key::jwk() const {
    return R"({"crv":"P-256","kty":"EC","x":")" + coordinate_text(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X) + R"(","y":")" +
           coordinate_text(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y) + R"("})";
}

std::string Key::thumbprint() const {
    return digest_text(jwk());
}

std::string Key::sign(std::string_view text) const {
    const DigestContextPtr context(EVP_MD_CTX_new());
    std::array<std::uint8_t, der_signature_max> der{};
    std::size_t length = der.size();
    const Bytes bytes = as_bytes(text);
    require_crypto(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
                       EVP_DigestSign(context.get(), der.data(), &length, bytes.data(), bytes.size()) == 1,
                   "cannot sign");
    return fixed_signature(der.data(), length);
}

}  // namespace ferrotunnel::acme
