// Keys for checking the signatures of tokens (RFC 7518, RFC 8037). Each key has one algorithm, which no token can
// change.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

struct evp_pkey_st;

namespace ferrotunnel::plugins {

/// The properties of an algorithm.
struct Algorithm {
    enum class Kind : std::uint8_t { hmac, rsa, rsa_pss, ecdsa, ed25519 };

    const char* name;  // as in tokens: "ES256"
    Kind kind;
    const char* digest;  // "SHA256"; null: none
    const char* curve;   // of ecdsa
    std::size_t size;    // bytes of a MAC (hmac), a coordinate (ecdsa) or a signature (ed25519)
};

/// Null if the name is unknown.
const Algorithm* algorithm_of(std::string_view name) noexcept;

/// Immutable and thread-safe.
class Key {
public:
    /// From a secret. Throws std::runtime_error with words that follow its place.
    static Key of_secret(const Algorithm& algorithm, std::string kid, std::string secret);
    /// From a public key or a certificate in PEM. Throws as above.
    static Key of_pem(const Algorithm& algorithm, std::string kid, const std::string& pem);

    const Algorithm& algorithm() const noexcept { return *algorithm_; }
    /// Empty if it has none.
    const std::string& kid() const noexcept { return kid_; }
    /// Whether this is the signature of `text`. Takes microseconds with a secret, otherwise up to a millisecond.
    bool verify(std::string_view text, std::string_view signature) const;

private:
    friend class KeyReader;

    Key(const Algorithm& algorithm, std::string kid) : algorithm_(&algorithm), kid_(std::move(kid)) {}
    static Key of_public(const Algorithm& algorithm, std::string kid, evp_pkey_st* owned);
    bool verify_public(std::string_view text, std::string_view signature) const;

    const Algorithm* algorithm_;
    std::string kid_;
    std::shared_ptr<const std::string> secret_;  // of hmac
    std::shared_ptr<evp_pkey_st> public_;        // of the other kinds
};

/// Reads a JSON Web Key Set (RFC 7517) of up to 100 keys. Keys that are not for signatures, or of an unknown kind, are
/// skipped; `takes_secrets`: whether those of type "oct" are read. A key without "alg" has the algorithm of its curve;
/// an RSA key has RS256. Throws std::runtime_error with words that follow its place, also if no key is left.
std::vector<Key> read_key_set(std::string_view text, bool takes_secrets);

}  // namespace ferrotunnel::plugins
