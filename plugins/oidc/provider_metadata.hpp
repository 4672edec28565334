// What a provider publishes about itself (OpenID Connect Discovery 1.0), and the settings for it.
#pragma once

#include <string>
#include <string_view>

namespace ferrotunnel::plugins {

struct ProviderSettings {
    std::string name;   // in paths and sessions
    std::string title;  // for people
    std::string issuer;
    std::string client_id;
    std::string client_secret;  // empty: a public client
    std::string scopes;         // with spaces between
    std::string ca_file;        // empty: the system's
    bool asks_userinfo = false;
};

/// What the provider publishes about itself.
struct ProviderMetadata {
    std::string authorization_endpoint;
    std::string token_endpoint;
    std::string userinfo_endpoint;  // empty: none
    std::string logout_endpoint;    // empty: none
    std::string keys_url;
    bool takes_basic = true;    // client_secret_basic, otherwise client_secret_post
    bool sends_issuer = false;  // `iss` in its answers (RFC 9207)
};

/// Whether nobody on the way can read and change what is sent there: https, or http to this machine itself.
bool is_safe_url(std::string_view url);

/// Checks the provider's document; the error, in words that follow the URL, is thrown as std::runtime_error.
ProviderMetadata read_metadata(std::string_view document, const ProviderSettings& settings);

}  // namespace ferrotunnel::plugins
