#include "webhook-verify/hmac.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <stdexcept>

namespace ferrotunnel::plugins {
namespace {

struct MacFree {
    void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
};

void must(bool holds) {
    if (!holds) {
        throw std::runtime_error("HMAC is not available");
    }
}

const char* name_of(HashName hash) noexcept {
    switch (hash) {
        case HashName::sha1:
            return "SHA1";
        case HashName::sha512:
            return "SHA512";
        case HashName::sha256:
            break;
    }
    return "SHA256";
}

}  // namespace

std::size_t digest_size(HashName hash) noexcept {
    return hash == HashName::sha1 ? 20 : hash == HashName::sha256 ? 32 : 64;
}

struct HmacKey::Context {
    struct Free {
        void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
    };
    std::unique_ptr<EVP_MAC_CTX, Free> keyed;
};

HmacKey::HmacKey(HashName hash, std::string_view secret) : hash_(hash), context_(std::make_unique<Context>()) {
    const std::unique_ptr<EVP_MAC, MacFree> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    must(mac != nullptr);
    context_->keyed.reset(EVP_MAC_CTX_new(mac.get()));
    std::string digest = name_of(hash);
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
                                 OSSL_PARAM_construct_end()};
    must(context_->keyed != nullptr &&
         EVP_MAC_init(context_->keyed.get(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size(),
                      params) == 1);
}

HmacKey::HmacKey(HmacKey&&) noexcept = default;
HmacKey& HmacKey::operator=(HmacKey&&) noexcept = default;
HmacKey::~HmacKey() = default;

HmacKey::Mac HmacKey::of(std::initializer_list<std::string_view> texts) const {
    const std::unique_ptr<EVP_MAC_CTX, Context::Free> running(EVP_MAC_CTX_dup(context_->keyed.get()));
    must(running != nullptr);
    for (const std::string_view text : texts) {
        must(EVP_MAC_update(running.get(), reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
    }
    Mac mac{};
    std::size_t size = 0;
    must(EVP_MAC_final(running.get(), mac.data(), &size, mac.size()) == 1 && size == digest_size(hash_));
    return mac;
}

bool is_equal(std::span<const std::uint8_t> one, std::span<const std::uint8_t> other) noexcept {
    return one.size() == other.size() && CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

}  // namespace ferrotunnel::plugins
