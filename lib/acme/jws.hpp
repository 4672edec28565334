// Signed requests (RFC 8555, 6.2; RFC 7515, flattened JSON serialization).
#pragma once

#include <string>
#include <string_view>

#include "acme/key.hpp"

namespace ferrotunnel::acme {

/// The body of a signed POST. `account` is the account's URL; empty: the public key itself is in the header, as for
/// newAccount. An empty `payload` is POST-as-GET.
std::string sign_request(const Key& key, std::string_view account, std::string_view nonce, std::string_view url,
                         std::string_view payload);

/// An external account that the CA's operator has issued (RFC 8555, 7.3.4).
struct ExternalAccount {
    std::string id{};        // "kid"; empty: none
    std::string hmac_key{};  // base64url, as CAs give it

    friend bool operator==(const ExternalAccount&, const ExternalAccount&) = default;
};

/// The member externalAccountBinding of newAccount, HS256. Throws std::runtime_error if the key is not base64url.
std::string bind_external_account(const ExternalAccount& external, const Key& account_key, std::string_view url);

/// The payload of keyChange: the inner JWS, signed by the new key (RFC 8555, 7.3.5).
std::string change_key_payload(const Key& old_key, const Key& new_key, std::string_view account, std::string_view url);

}  // namespace ferrotunnel::acme
