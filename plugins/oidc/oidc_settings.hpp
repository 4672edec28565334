// Reads the settings of `oidc`, and reports mistakes at their places.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "oidc/provider.hpp"

namespace ferrotunnel::plugins {

/// Which users may pass. Texts are in lower case, as addresses are compared.
struct AllowRules {
    std::unordered_set<std::string> emails{};
    std::unordered_set<std::string> domains{};
    std::unordered_set<std::string> groups{};  // as the provider writes them

    bool allows(const std::string& email, const std::vector<std::string>& of_groups) const;
};

struct OidcSettings {
    std::vector<ProviderSettings> providers;
    std::vector<std::string> cookie_keys;
    std::string cookie;  // with its prefix, "__Host-" if only https is accepted
    std::string path;    // of the plugin's own pages, without '/' at its end
    std::string groups_claim;
    std::int64_t session = 0;  // seconds
    AllowRules allow;
    bool trusts_email = false;
    bool allows_http = false;
    std::vector<std::pair<std::string, std::string>> claims;  // claim and field
};

/// Reports every value that cannot be used.
OidcSettings read_oidc_settings(const plugin::Settings& settings);

/// In lower case (ASCII).
std::string lower_case(std::string_view text);

}  // namespace ferrotunnel::plugins
