// Who has a JSON Web Token that is genuine and good comes in. plugins/jwt/README.md has the settings.
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
                                                     .summary = "lets in who has a JSON Web Token that is good",
                                                     .schema = R"({
            "type": "object",
            "required": ["audience"],
            "properties": {
                "keys": {"type": "array", "default": [], "description": "Keys, each with its algorithm.",
                         "items": {"type": "object", "required": ["alg"], "properties": {
                    "alg": {"type": "string", "enum": ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256",
                                                       "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]},
                    "kid": {"type": "string", "minLength": 1, "maxLength": 256,
                            "description": "Its name in tokens; without it, it is tried for all of its algorithm."},
                    "secret": {"type": "string", "format": "secret", "description": "Of HS256, HS384 and HS512."},
                    "public_key": {"type": "string", "description": "A public key or certificate, PEM."},
                    "public_key_file": {"type": "string", "format": "file", "description": "A file with that."}}}},
                "jwks_file": {"type": "string", "format": "file",
                              "description": "A JSON Web Key Set, read again when it changes."},
                "jwks_url": {"type": "string", "minLength": 1, "description": "The same, fetched again and again."},
                "jwks_ca_file": {"type": "string", "format": "file",
                                 "description": "Certificates that the URL's server may have; else the system's."},
                "refresh": {"type": "string", "format": "duration", "formatMinimum": "1s", "formatMaximum": "24h",
                            "default": "10m", "description": "How often the URL is asked."},
                "issuer": {"type": ["string", "array"], "items": {"type": "string"}, "default": [],
                           "description": "One of these has issued the token; without any, anybody may have."},
                "audience": {"type": ["string", "array"], "items": {"type": "string", "minLength": 1}, "minItems": 1,
                             "description": "For whom the token is: one of these, or * for anybody."},
                "skew": {"type": "string", "format": "duration", "formatMaximum": "10m", "default": "30s",
                         "description": "By how much clocks may differ."},
                "require_exp": {"type": "boolean", "default": true, "description": "Whether tokens have to end."},
                "cookie": {"type": "string", "minLength": 1,
                           "description": "The cookie that has the token, where Authorization: Bearer does not."},
                "claims": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}, "default": {},
                           "description": "Claims, and the fields that tell them to the backend."},
                "realm": {"type": "string", "minLength": 1, "maxLength": 200, "default": "Restricted",
                          "description": "What WWW-Authenticate calls what is behind."},
                "forward": {"type": "boolean", "default": false, "description": "Whether the backend gets the token."}
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
    /// What a good token says.
    struct Accepted {
        std::string subject;
        std::vector<std::string> values;  // of Rules::headers
        std::uint64_t keys = 0;           // the KeySet
    };
    /// Tokens that were found good, by their digests; shared with work that may outlive the plugin.
    struct Known {
        std::optional<Accepted> find(const Digest& digest, std::uint64_t keys, Time now);

        std::mutex mutex;  // guards tokens
        ExpiringCache<Digest, Accepted, DigestHash> tokens{known_max};
    };
    struct Judged;

    std::string token_of(const plugin::Exchange& exchange, std::string& fault) const;
    plugin::Decision judge(plugin::Exchange& exchange, const std::string& text, bool may_wait);
    plugin::Decision wait_for_key(plugin::Exchange& exchange, const std::string& text);
    /// No key that is known fits.
    plugin::Decision unknown_key() const;
    plugin::Decision verify(plugin::Exchange& exchange, std::shared_ptr<Judged> judged);
    static plugin::Decision admit(const Rules& rules, plugin::Exchange& exchange, const Accepted& accepted);
    static plugin::Decision refuse(const Rules& rules, const char* code);

    std::shared_ptr<const Rules> rules_;
    std::shared_ptr<Known> known_ = std::make_shared<Known>();
    std::shared_ptr<WorkPool> pool_ = WorkPool::shared();
    std::unique_ptr<KeySource> source_;
    std::unique_ptr<Periodic> watch_;  // while the server runs
};

}  // namespace ferrotunnel::plugins
