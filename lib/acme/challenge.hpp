// The ways to prove control of a name, and what each one publishes.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme/identifier.hpp"

namespace ferrotunnel::acme {

enum class Way : unsigned char { tls_alpn_01, http_01, dns_persist_01, dns_01 };
inline constexpr std::array all_ways{Way::tls_alpn_01, Way::http_01, Way::dns_persist_01, Way::dns_01};

/// "tls-alpn-01", as in messages of CAs and in settings.
std::string_view name_of(Way way) noexcept;
std::optional<Way> read_way(std::string_view name) noexcept;
/// Whether it can prove this kind of name: a wildcard only by DNS, an address not by DNS.
bool can_prove(Way way, const Identifier& identifier) noexcept;

/// What has to be there before the CA is asked to validate.
struct Challenge {
    Way way = Way::http_01;
    Identifier identifier{};          // without "*."
    bool is_wildcard = false;         // whether the order is for "*." and it
    std::string token{};              // empty for DNS-PERSIST-01
    std::string key_authorization{};  // likewise
    /// For the DNS ways: the name and the value of the TXT record.
    std::string record_name{};
    std::string record_value{};
    /// For DNS-PERSIST-01: the names of the CA that a record may have; record_value has the first.
    std::vector<std::string> issuers{};
};

/// `_acme-challenge.` and the host.
std::string dns_record_name(const Identifier& identifier);
/// Digest of the key authorization, base64url.
std::string dns_record_value(std::string_view key_authorization);
/// `_validation-persist.` and the host.
std::string persist_record_name(const Identifier& identifier);
/// `ISSUER; accounturi=URL; policy=wildcard`: policy only for wildcards.
std::string persist_record_value(std::string_view issuer, std::string_view account_url, bool with_wildcard);
/// Whether a TXT record authorizes this account at one of these issuers: parameters in any order and case-insensitive,
/// `policy` if a wildcard needs it, and no `persistUntil` that has passed (seconds since 1970).
bool is_persist_record(std::string_view record, const std::vector<std::string>& issuers, std::string_view account_url,
                       bool with_wildcard, long long now_seconds);

/// Whether it can be a CA's token (RFC 8555, 8.3): base64url, 1 to 128 characters. Nothing else is used in a path.
bool is_token(std::string_view text) noexcept;

}  // namespace ferrotunnel::acme
