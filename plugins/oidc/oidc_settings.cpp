#include "oidc/oidc_settings.hpp"

#include <algorithm>
#include <set>

#include "common/authorization.hpp"
#include "common/settings_list.hpp"
#include "common/watched_file.hpp"
#include "jwt/jwt_settings.hpp"

namespace ferrotunnel::plugins {

using plugin::Settings;
using plugin::Text;

namespace {

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

std::string joined_scopes(const Settings& settings, const std::string& path) {
    std::string scopes;
    for (const std::string& scope : settings_list(settings, path)) {
        if (scope.empty() || scope.find_first_of(" \"\\") != std::string::npos) {
            settings.problem(path, "has a scope that is not valid");
        }
        scopes += (scopes.empty() ? "" : " ") + scope;
    }
    return scopes;
}

ProviderSettings read_provider(const Settings& settings, const std::string& path) {
    const auto text = [&](const char* key) { return std::string(settings.text(path + "." + key).value_or(Text())); };
    ProviderSettings made;
    made.name = text("name");
    made.title = text("title").empty() ? made.name : text("title");
    made.issuer = text("issuer");
    made.client_id = text("client_id");
    made.client_secret = text("client_secret");
    made.scopes = joined_scopes(settings, path + ".scopes");
    made.ca_file = text("ca_file");
    made.asks_userinfo = settings.boolean(path + ".userinfo").value_or(false);
    if (!is_name(made.name)) {
        settings.problem(path + ".name", "is not a name of lower-case letters, digits and '-'");
    }
    if (!is_safe_url(made.issuer)) {
        settings.problem(path + ".issuer", "is not an https URL");
    } else if (const std::string fault = url_fault(made.issuer); !fault.empty()) {
        settings.problem(path + ".issuer", fault);
    } else if (made.issuer.find_first_of("?#") != std::string::npos) {
        settings.problem(path + ".issuer", "has a query or a fragment");
    }
    if (!made.ca_file.empty()) {
        if (const std::string fault = ca_file_fault(made.ca_file); !fault.empty()) {
            settings.problem(path + ".ca_file", fault);
        }
    }
    return made;
}

std::vector<ProviderSettings> read_providers(const Settings& settings) {
    std::vector<ProviderSettings> made;
    std::set<std::string> names;
    for (std::size_t i = 0; i < settings.count("providers"); ++i) {
        const std::string path = "providers[" + std::to_string(i) + "]";
        made.push_back(read_provider(settings, path));
        if (!names.insert(made.back().name).second) {
            settings.problem(path + ".name", "is the name of another provider too");
        }
    }
    return made;
}

bool is_address(std::string_view text) {
    const std::size_t at = text.rfind('@');
    return at != std::string_view::npos && at > 0 && at + 1 < text.size();
}

bool is_domain(std::string_view text) {
    return !text.empty() && text.front() != '.' && text.back() != '.' &&
           text.find_first_of("@* \t") == std::string_view::npos;
}

// Reports what could match no user: it is meant to let someone in.
std::unordered_set<std::string> lower_set(const Settings& settings, const std::string& path,
                                          bool (*is_valid)(std::string_view), const char* fault) {
    std::unordered_set<std::string> made;
    for (std::size_t i = 0; const std::string& one : settings_list(settings, path)) {
        if (!is_valid(one)) {
            settings.problem(path + "[" + std::to_string(i) + "]", fault);
        }
        made.insert(lower_case(one));
        ++i;
    }
    return made;
}

std::vector<std::pair<std::string, std::string>> read_fields(const Settings& settings) {
    std::vector<std::pair<std::string, std::string>> made = read_claims(settings);
    for (const auto& [claim, field] : made) {
        if (is_credentials(field)) {
            settings.problem("claims[\"" + claim + "\"]", "is a field in which visitors send credentials");
        }
    }
    return made;
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return made;
}

bool AllowRules::allows(const std::string& email, const std::vector<std::string>& of_groups) const {
    if (emails.empty() && domains.empty() && groups.empty()) {
        return true;
    }
    const std::string address = lower_case(email);
    const std::size_t at = address.rfind('@');
    return (!address.empty() && emails.contains(address)) ||
           (at != std::string::npos && domains.contains(address.substr(at + 1))) ||
           std::any_of(of_groups.begin(), of_groups.end(),
                       [this](const std::string& group) { return groups.contains(group); });
}

OidcSettings read_oidc_settings(const Settings& settings) {
    OidcSettings made;
    made.allows_http = settings.boolean("allow_http").value_or(false);
    made.providers = read_providers(settings);
    made.cookie_keys = settings_list(settings, "cookie_keys");
    for (std::size_t i = 0; i < made.cookie_keys.size(); ++i) {
        constexpr std::size_t key_min = 32;
        if (made.cookie_keys[i].size() < key_min) {
            settings.problem("cookie_keys[" + std::to_string(i) + "]", "has fewer than 32 characters");
        }
    }
    made.path = settings.text("path").value_or(Text());
    if (!made.path.starts_with('/') || made.path.size() < 2 || made.path.ends_with('/') ||
        made.path.find_first_of("?#%\\ \"<>") != std::string::npos || made.path.find("//") != std::string::npos) {
        settings.problem("path", "is not a path like /oidc");
    }
    const std::string cookie(settings.text("cookie").value_or(Text()));
    if (!is_name(cookie)) {
        settings.problem("cookie", "is not a name of lower-case letters, digits and '-'");
    }
    made.cookie = (made.allows_http ? "" : "__Host-") + cookie;
    made.groups_claim = settings.text("groups_claim").value_or(Text());
    made.session = settings.integer("session").value_or(0) / 1'000'000'000;
    made.trusts_email = settings.boolean("trust_email").value_or(false);
    made.allow.emails = lower_set(settings, "allow.emails", is_address, "is not an address like ann@example.com");
    made.allow.domains = lower_set(settings, "allow.domains", is_domain,
                                   "is not a domain like example.com; its subdomains have to be listed");
    for (const std::string& group : settings_list(settings, "allow.groups")) {
        made.allow.groups.insert(group);
    }
    made.claims = read_fields(settings);
    return made;
}

}  // namespace ferrotunnel::plugins
