#include "login/key.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <new>

#include "base/check.hpp"
#include "base/free_with.hpp"

namespace ferrotunnel::login {
namespace {

using DigestContext = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;
using Mac = std::unique_ptr<EVP_MAC, FreeWith<EVP_MAC_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeWith<EVP_MAC_CTX_free>>;

// Throws if an OpenSSL call failed: there is no memory or the crypto library has no such algorithm, and we cannot
// continue.
void require(bool done) {
    if (!done) {
        throw std::bad_alloc();
    }
}

}  // namespace

Key::Key(Bytes bytes) {
    check(bytes.size() == size_bytes, "a key has 32 bytes");
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
}

Key::~Key() {
    wipe(bytes_);
}

bool operator==(const Key& a, const Key& b) noexcept {
    return equal_constant_time(a.bytes_, b.bytes_);
}

void wipe(MutableBytes memory) noexcept {
    OPENSSL_cleanse(memory.data(), memory.size());
}

bool equal_constant_time(Bytes a, Bytes b) noexcept {
    return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

Digest sha256(std::initializer_list<Bytes> parts) {
    DigestContext context(EVP_MD_CTX_new());
    require(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
    for (Bytes part : parts) {
        require(EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1);
    }
    Digest digest;
    require(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1);
    return digest;
}

Digest hmac_sha256(const Key& key, std::initializer_list<Bytes> parts) {
    Mac mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
    require(mac != nullptr);
    MacContext context(EVP_MAC_CTX_new(mac.get()));
    char digest_name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                 OSSL_PARAM_construct_end()};
    Bytes secret = key.bytes();
    require(context && EVP_MAC_init(context.get(), secret.data(), secret.size(), params) == 1);
    for (Bytes part : parts) {
        require(EVP_MAC_update(context.get(), part.data(), part.size()) == 1);
    }
    Digest digest;
    std::size_t written = 0;
    require(EVP_MAC_final(context.get(), digest.data(), &written, digest.size()) == 1 && written == digest.size());
    return digest;
}

}  // namespace ferrotunnel::login
