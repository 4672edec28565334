// Reads signed requests as a CA does, independently of what makes them.
#pragma once

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/key.hpp"
#include "base/base64url.hpp"
#include "base/free_with.hpp"

namespace ferrotunnel::acme {

inline std::optional<std::string> base64url_text(std::string_view text) {
    std::vector<std::uint8_t> bytes(text.size() * 3 / 4);
    if (!decode_base64url(text, bytes)) {
        return {};
    }
    return std::string(as_text(Bytes(bytes)));
}

/// The public key of a JWK; null if it is not one of P-256.
inline KeyPtr key_of_jwk(const nlohmann::json& jwk) {
    const auto x = base64url_text(jwk.value("x", ""));
    const auto y = base64url_text(jwk.value("y", ""));
    if (jwk.value("kty", "") != "EC" || jwk.value("crv", "") != "P-256" || !x || !y || x->size() + y->size() != 64) {
        return {};
    }
    const std::string point = "\x04" + *x + *y;
    const std::unique_ptr<OSSL_PARAM_BLD, FreeWith<OSSL_PARAM_BLD_free>> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    const std::unique_ptr<OSSL_PARAM, FreeWith<OSSL_PARAM_free>> params(OSSL_PARAM_BLD_to_param(builder.get()));
    const std::unique_ptr<EVP_PKEY_CTX, FreeWith<EVP_PKEY_CTX_free>> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY* key = nullptr;
    EVP_PKEY_fromdata_init(context.get());
    EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get());
    return KeyPtr(key);
}

/// Whether 64 bytes are the signature of this text (RFC 7518, 3.4).
inline bool is_signed(EVP_PKEY* key, std::string_view text, std::string_view signature) {
    if (key == nullptr || signature.size() != 64) {
        return false;
    }
    const auto* const bytes = reinterpret_cast<const unsigned char*>(signature.data());
    const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> pair(ECDSA_SIG_new());
    ECDSA_SIG_set0(pair.get(), BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
    unsigned char* der = nullptr;
    const int length = i2d_ECDSA_SIG(pair.get(), &der);
    const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
    const bool is_valid = EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(length),
                                           reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
    OPENSSL_free(der);
    return is_valid;
}

/// A JWS in the flattened form. The signature has still to be checked.
struct ReceivedRequest {
    nlohmann::json header{};
    std::string payload{};
    std::string signed_text{};
    std::string signature{};

    static std::optional<ReceivedRequest> read(std::string_view body) {
        const nlohmann::json json = nlohmann::json::parse(body, nullptr, false);
        if (!json.is_object() || json.size() != 3) {
            return {};
        }
        const std::string header = json.value("protected", "");
        const std::string payload = json.value("payload", "");
        const auto header_text = base64url_text(header);
        const auto payload_text = base64url_text(payload);
        const auto signature = base64url_text(json.value("signature", ""));
        if (!header_text || !payload_text || !signature) {
            return {};
        }
        return ReceivedRequest{nlohmann::json::parse(*header_text, nullptr, false), *payload_text,
                               header + "." + payload, *signature};
    }
};

}  // namespace ferrotunnel::acme
