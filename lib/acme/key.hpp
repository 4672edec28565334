// Keys of accounts and certificates: ECDSA with P-256.
#pragma once

#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/free_with.hpp"

namespace ferrotunnel::acme {

using KeyPtr = std::unique_ptr<EVP_PKEY, FreeWith<EVP_PKEY_free>>;

/// Immutable. A moved-from key may only be assigned.
class Key {
public:
    /// Throws std::runtime_error.
    static Key make();
    /// Parses a private key, PEM, P-256. Throws std::runtime_error for anything else, without any of its text.
    static Key from_pem(std::string_view pem);

    /// PKCS #8. Wipe it after use.
    std::string to_pem() const;
    /// The public key as JWK with its members in the order of RFC 7638 and no spaces.
    std::string jwk() const;
    /// The thumbprint of jwk(), base64url (RFC 7638, SHA-256).
    std::string thumbprint() const;
    /// ES256 (RFC 7518, 3.4): r and s, 64 bytes.
    std::string sign(std::string_view text) const;
    EVP_PKEY* native() const noexcept { return key_.get(); }

private:
    explicit Key(KeyPtr key) noexcept : key_(std::move(key)) {}

    KeyPtr key_;
};

}  // namespace ferrotunnel::acme
