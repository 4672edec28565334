// Known keys for tests, and the check of signatures by OpenSSL.
#pragma once

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "acme/key.hpp"

namespace ferrotunnel::acme {

/// Made for this test by `openssl ecparam -name prime256v1 -genkey -noout`.
inline constexpr std::string_view sec1_key =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIA7anvZiW2E8Z6+KQpBq4ksf7ynueKFROsNLk9Y1+tK4oAoGCCqGSM49\n"
    "AwEHoUQDQgAEHMmXloXltAlGQSmYjFewauPKT4oHCE1gLcUUx+SJ2rhM+/NPkYC0\n"
    "lnxOQRSbbdWxabzS0U1XsSbYNgEUn5shIg==\n"
    "-----END EC PRIVATE KEY-----\n";
/// Calculated from it by other means.
inline constexpr std::string_view sec1_jwk =
    R"({"crv":"P-256","kty":"EC","x":"HMmXloXltAlGQSmYjFewauPKT4oHCE1gLcUUx-SJ2rg",)"
    R"("y":"TPvzT5GAtJZ8TkEUm23VsWm80tFNV7Em2DYBFJ-bISI"})";
inline constexpr std::string_view sec1_thumbprint = "WRAJprlEmDgy2i0pMCanZGvFBEJHJG_w_5gHzwRFoWE";
/// Its public half is another key's.
inline constexpr std::string_view mismatched_key =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIA7anvZiW2E8Z6+KQpBq4ksf7ynueKFROsNLk9Y1+tK4oAoGCCqGSM49\n"
    "AwEHoUQDQgAE5JDfll7Yehxo3Av2R4OO8suA6VeYoluSv229nMMui0SnkPK1vlNG\n"
    "dpVadWSyT8zsd3CJ6kJ4t0vr7XYgBsTE5Q==\n"
    "-----END EC PRIVATE KEY-----\n";

/// Whether OpenSSL accepts a signature in the form of JOSE.
inline bool is_signature_of(const Key& key, std::string_view text, std::string_view signature) {
    if (signature.size() != 64) {
        return false;
    }
    const auto* bytes = as_bytes(signature).data();
    const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> numbers(ECDSA_SIG_new());
    ECDSA_SIG_set0(numbers.get(), BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
    unsigned char* der = nullptr;
    const int length = i2d_ECDSA_SIG(numbers.get(), &der);
    const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.native());
    const bool is_valid =
        EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(length), as_bytes(text).data(), text.size()) == 1;
    OPENSSL_free(der);
    return is_valid;
}

}  // namespace ferrotunnel::acme
