#include "transport/hkdf.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <memory>

#include "base/free_with.hpp"

namespace ferrotunnel::transport {

bool hkdf_sha256(Bytes key, std::string_view purpose, MutableBytes into) noexcept {
    const std::unique_ptr<EVP_KDF, FreeWith<EVP_KDF_free>> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    const std::unique_ptr<EVP_KDF_CTX, FreeWith<EVP_KDF_CTX_free>> run(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
    char digest[] = "SHA256";
    auto* const secret = const_cast<std::uint8_t*>(key.data());  // allowed: OpenSSL only reads it
    auto* const info = const_cast<char*>(purpose.data());        // allowed: likewise
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, secret, key.size()),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, purpose.size()),
        OSSL_PARAM_construct_end(),
    };
    const bool fine = run && EVP_KDF_derive(run.get(), into.data(), into.size(), params) == 1;
    ERR_clear_error();
    return fine;
}

}  // namespace ferrotunnel::transport
