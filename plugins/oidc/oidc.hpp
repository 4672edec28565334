// Sends visitors to an OpenID provider for their login. See plugins/oidc/README.md.
//
//   request with a session ----------------------------------------------------> backend
//   request without one --302--> provider --302--> PATH/callback/NAME --code--> session, 302 --> the request's own URL
//                       '--401, if no person sees the answer
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "common/expiring_cache.hpp"
#include "common/periodic.hpp"
#include "common/share_keys.hpp"
#include "ferrotunnel/plugin.hpp"
#include "oidc/oidc_settings.hpp"
#include "oidc/provider.hpp"
#include "oidc/seal.hpp"
#include "oidc/session.hpp"

namespace ferrotunnel::plugins {

class Oidc final : public plugin::Plugin {
public:
    static constexpr plugin::Description description{.name = "oidc",
                                                     .version = "1.0",
                                                     .summary = "sends visitors to an OpenID provider to log in",
                                                     .schema = R"({
            "type": "object",
            "required": ["providers", "cookie_keys"],
            "properties": {
                "providers": {"type": "array", "minItems": 1, "maxItems": 8,
                              "description": "OpenID providers. With several, visitors choose one.",
                              "items": {"type": "object", "required": ["issuer", "client_id"], "properties": {
                    "name": {"type": "string", "default": "main",
                             "description": "Its name in the redirect URI, PATH/callback/NAME."},
                    "title": {"type": "string", "maxLength": 100,
                              "description": "What visitors choose by. Default: the name."},
                    "issuer": {"type": "string", "minLength": 1,
                               "description": "Issuer URL; its metadata is at /.well-known/openid-configuration."},
                    "client_id": {"type": "string", "minLength": 1, "description": "Client ID at the provider."},
                    "client_secret": {"type": "string", "format": "secret",
                                      "description": "Client secret. Default: none, a public client with PKCE."},
                    "scopes": {"type": "array", "items": {"type": "string"}, "default": ["openid", "email", "profile"],
                               "description": "Requested scopes."},
                    "userinfo": {"type": "boolean", "default": false,
                                 "description": "Whether to request claims from the userinfo endpoint, too."},
                    "ca_file": {"type": "string", "format": "file",
                                "description": "Trusted CA certificates for the provider. Default: the system's."}}}},
                "cookie_keys": {"type": "array", "minItems": 1, "maxItems": 4,
                                "items": {"type": "string", "format": "secret"},
                                "description": "Secrets that encrypt cookies: the first is used, all are accepted."},
                "cookie": {"type": "string", "default": "ft-oidc", "description": "Name of the session cookie."},
                "path": {"type": "string", "default": "/.ferrotunnel/oidc",
                         "description": "Path below which login and log-out are."},
                "session": {"type": "string", "format": "duration", "formatMinimum": "1m", "formatMaximum": "720h",
                            "default": "8h", "description": "How long a login lasts."},
                "allow": {"type": "object", "default": {}, "description": "Who may pass; empty: everyone who logs in.",
                          "properties": {
                    "emails": {"type": "array", "items": {"type": "string"}, "minItems": 1,
                               "description": "Addresses."},
                    "domains": {"type": "array", "items": {"type": "string"}, "minItems": 1,
                                "description": "Domains of addresses, without their subdomains."},
                    "groups": {"type": "array", "items": {"type": "string"}, "minItems": 1,
                               "description": "Groups, as the provider names them."}}},
                "groups_claim": {"type": "string", "minLength": 1, "default": "groups",
                                 "description": "Claim with the groups of a user."},
                "trust_email": {"type": "boolean", "default": false,
                                "description": "Whether addresses count that the provider has not verified."},
                "claims": {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}, "default": {},
                           "description": "Claims to pass to the backend, each with the field that carries it."},
                "allow_http": {"type": "boolean", "default": false,
                               "description": "For tests: also visitors without TLS."}
            }
        })",
                                                     .guard = true,
                                                     .fetches = true};

    /// Reports every value that cannot be used, with its place.
    static void check(const plugin::Settings& settings);
    explicit Oidc(const plugin::Settings& settings);

    void start() override;
    void stop() override;
    plugin::Decision on_request(plugin::Exchange& exchange) override;

private:
    using Time = std::chrono::steady_clock::time_point;
    static constexpr std::size_t ended_max = 16'384;  // sessions that have logged out

    /// What pages are made of: the request's own address.
    struct Place {
        std::string base;  // "https://app.example.com"
        std::string host;
    };

    std::optional<Place> place_of(const plugin::Exchange& exchange) const;
    std::string purpose(std::string_view kind, const Place& at) const;
    std::optional<Session> session(const plugin::Exchange& exchange, const Place& at);
    Provider* find(std::string_view name) const;

    plugin::Decision admit(plugin::Exchange& exchange, const Session& session) const;
    plugin::Decision own_page(plugin::Exchange& exchange, const Place& at, std::string_view page);
    plugin::Decision require_login(plugin::Exchange& exchange, const Place& at);
    plugin::Decision choose(const Place& at, const std::string& target) const;
    plugin::Decision begin_login(plugin::Exchange& exchange, const Place& at, Provider& provider,
                                 const std::string& target) const;
    plugin::Decision callback(plugin::Exchange& exchange, const Place& at, Provider& provider);
    plugin::Decision redeem(plugin::Exchange& exchange, const Place& at, Provider& provider, const PendingLogin& login,
                            const std::string& code);
    plugin::Decision welcome(const Place& at, const Provider& provider, const PendingLogin& login,
                             const Provider::Result& result) const;
    plugin::Decision log_out(plugin::Exchange& exchange, const Place& at);

    const OidcSettings settings_;
    const Seal seal_;
    const ShareKeys shares_;
    std::mutex mutex_;  // guards ended_
    ExpiringCache<std::string, bool> ended_{ended_max};
    std::vector<std::unique_ptr<Provider>> providers_;
    std::unique_ptr<Periodic> watch_;  // while the server runs
};

}  // namespace ferrotunnel::plugins
