// Accepts requests with a valid JSON Web Token. See plugins/jwt/README.md.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/digest.hpp"
#include "common/expiring_cache.hpp"
#include "common/periodic.hpp"
#include "common/work_pool.hpp"
#include "ferrotunnel/plugin.hpp"
#include "jwt/key_source.hpp"
#include "jwt/token.hpp"

namespace ferrotunnel::plugins {

class Jwt final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "jwt",
                                                     .version = "1.0",
                                                     .summary = "accepts requests with a valid JSON Web Token",
                                                     .schema = R"({
            "type": "object",
            "required": ["audience"],
            "properties": {
                "keys": {"type": "array", "default": [], "description": "Keys, each with its algorithm.",
                         "items": {"type": "object", "required": ["alg"], "properties": {
                    "alg": {"type": "string", "enum": ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
                                                       "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]},
                    "kid": {"type": "string", "minLength": 1, "maxLength": 256,
                   "description": "Key ID (kid) in tokens. Default: the key is tried for all tokens of its algorithm."},
                    "secret": {"type": "string", "format": "secret",
                               "description": "Secret for HS256, HS384 and HS512."},
                    "public_key": {"type": "string", "description": "A public key or certificate, PEM."},
                    "public_key_file": {"type": "string", "format": "file",
                                        "description": "File with a public key or certificate, PEM."}}}},
                "jwks_file": {"type": "string", "format": "file",
                              "description": "JSON Web Key Set, reloaded when it changes."},
                "jwks_url": {"type": "string", "minLength": 1,
                             "description": "URL of a JSON Web Key Set, fetched regularly."},
                "jwks_ca_file": {"type": "string", "format": "file",
                                 "description": "Trusted CA certificates for the URL. Default: the system's."},
                "refresh": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "24h",
                            "default": "10m", "description": "How often jwks_url is fetched."},
                "issuer": {"type": ["string", "array"], "items": {"type": "string"}, "default": [],
                           "description": "Accepted issuers. Default: any."},
                "audience": {"type": ["string", "array"], "items": {"type": "string", "minLength": 1}, "minItems": 1,
                             "description": "Accepted audiences, or * for any."},
                "skew": {"type": "string", "format": "duration", "formatMaximum": "10m", "default": "30s",
                         "description": "Allowed difference between clocks."},
                "require_exp": {"type": "boolean", "default": true, "description": "Whether tokens must have exp."},
                "cookie": {"type": "string", "minLength": 1,
                           "description": "Cookie with the token, if there is no Authorization: Bearer."},
                "claims": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}, "default": {},
                           "description": "Claims to pass to the backend, each with the field that carries it."},
                "realm": {"type": "string", "minLength": 1, "maxLength": 200, "default": "Restricted",
                          "description": "Realm in WWW-Authenticate."},
                "forward": {"type": "boolean", "default": false, "description": "Whether to forward the token."}
            }
        })",
                                                     .guard = true,
                                                     .fetches = true};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    explicit Jwt(const plugin::Settings& settings);

    void start() override;
    void stop() override;
    plugin::Decision on_request(plugin::Exchange& exchange) override;

private:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t known_max = 16'384;

    struct Rules {
        ClaimRules claims;
        std::vector<std::pair<std::string, std::string>> headers;  // claim and field
        std::string cookie;
        std::string challenge;
        bool forward = false;
    };
    /// The data of a valid token.
    struct Accepted {
        std::string subject;
        std::vector<std::string> values;  // of Rules::headers
        std::uint64_t keys = 0;           // number of the KeySet
    };
    /// Tokens that were found valid, by their digests; shared with work that may outlive the plugin.
    struct TokenCache {
        std::optional<Accepted> find(const Digest& digest, std::uint64_t keys, Time now);

        std::mutex mutex;  // guards tokens
        ExpiringCache<Digest, Accepted, DigestHash> tokens{known_max};
    };
    struct TokenCheck;

    std::string token_of(const plugin::Exchange& exchange, std::string& fault) const;
    plugin::Decision judge(plugin::Exchange& exchange, const std::string& text, bool may_wait);
    plugin::Decision wait_for_key(plugin::Exchange& exchange, const std::string& text);
    /// No known key fits.
    plugin::Decision unknown_key() const;
    plugin::Decision verify(plugin::Exchange& exchange, std::shared_ptr<TokenCheck> judged);
    static plugin::Decision admit(const Rules& rules, plugin::Exchange& exchange, const Accepted& accepted);
    static plugin::Decision refuse(const Rules& rules, const char* code);

    std::shared_ptr<const Rules> rules_;
    std::shared_ptr<TokenCache> token_cache_ = std::make_shared<TokenCache>();
    std::shared_ptr<WorkPool> pool_ = WorkPool::shared();
    std::unique_ptr<KeySource> source_;
    std::unique_ptr<Periodic> watch_;  // while the server runs
};

}  // namespace ferrotunnel::plugins
