// Reads the settings of `jwt`.
#include "jwt/jwt_settings.hpp"

#include <set>
#include <stdexcept>
#include <utility>

#include "common/http_client.hpp"
#include "common/settings_list.hpp"

namespace ferrotunnel::plugins {

using plugin::Settings;
using plugin::Text;

namespace {

constexpr std::size_t pem_max = 64 * 1024;

/// Reads one of "keys". Throws std::runtime_error; `path` is then the place.
Key read_key(const Settings& settings, std::string& path) {
    const std::string group = path;
    const Algorithm& algorithm = *algorithm_of(settings.text(group + ".alg").value_or("HS256"));
    std::string kid(settings.text(group + ".kid").value_or(Text()));
    const auto secret = settings.text(group + ".secret");
    const auto pem = settings.text(group + ".public_key");
    const auto file = settings.text(group + ".public_key_file");
    if (int(secret.has_value()) + int(pem.has_value()) + int(file.has_value()) != 1) {
        throw std::runtime_error("needs one of `secret`, `public_key` and `public_key_file`");
    }
    if (secret) {
        path = group + ".secret";
        return Key::of_secret(algorithm, std::move(kid), std::string(*secret));
    }
    path = group + (pem ? ".public_key" : ".public_key_file");
    return Key::of_pem(algorithm, std::move(kid), pem ? std::string(*pem) : read_file(std::string(*file), pem_max));
}

}  // namespace

std::vector<Key> read_own_keys(const Settings& settings) {
    std::vector<Key> keys;
    for (std::size_t i = 0; i < settings.count("keys"); ++i) {
        std::string path = "keys[" + std::to_string(i) + "]";
        try {
            keys.push_back(read_key(settings, path));
        } catch (const std::exception& problem) {
            settings.problem(path, problem.what());
        }
    }
    return keys;
}

std::vector<std::pair<std::string, std::string>> read_claims(const Settings& settings) {
    constexpr std::size_t claims_max = 12;  // each needs up to two of an exchange's 32 changes
    std::vector<std::pair<std::string, std::string>> claims;
    std::set<std::string> fields;
    for (std::size_t i = 0; i < settings.count("claims"); ++i) {
        const std::string claim(settings.key("claims", i));
        const std::string path = "claims[\"" + claim + "\"]";
        const std::string field(settings.text(path).value_or(Text()));
        if (!plugin::may_write(field)) {
            settings.problem(
                path, "is not a field that a plugin may change: it is not a valid name, or a field that the edge sets");
        } else if (!fields.insert(field).second) {
            settings.problem(path, "is the field of another claim too");
        }
        claims.emplace_back(claim, field);
    }
    if (claims.size() > claims_max) {
        settings.problem("claims", "has more than 12 claims");
    }
    return claims;
}

ClaimRules read_claim_rules(const Settings& settings) {
    return {settings_list(settings, "issuer"), settings_list(settings, "audience"),
            static_cast<double>(settings.integer("skew").value_or(0)) / 1e9,
            settings.boolean("require_exp").value_or(true)};
}

void check_key_places(const Settings& settings) {
    const auto file = settings.text("jwks_file");
    const auto url = settings.text("jwks_url");
    const auto ca_file = settings.text("jwks_ca_file");
    if (file) {
        try {
            (void)read_key_set(read_file(std::string(*file), KeySource::file_max), true);
        } catch (const std::exception& problem) {
            settings.problem("jwks_file", problem.what());
        }
    }
    if (url) {
        if (const std::string fault = url_fault(*url); !fault.empty()) {
            settings.problem("jwks_url", fault);
        }
    }
    if (ca_file) {
        if (const std::string fault = ca_file_fault(std::string(*ca_file)); !fault.empty()) {
            settings.problem("jwks_ca_file", fault);
        }
    }
    if (settings.count("keys") == 0 && !file && !url) {
        settings.problem({}, "has no keys: it needs `keys`, `jwks_file` or `jwks_url`");
    }
}

}  // namespace ferrotunnel::plugins
