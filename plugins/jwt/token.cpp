#include "jwt/token.hpp"

#include <algorithm>
#include <cctype>
#include <limits>

#include "common/base64.hpp"
#include "common/strict_json.hpp"
#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

using nlohmann::json;

namespace {

/// A member that must be text if it exists.
bool read_text(const json& object, const char* key, std::string& value) {
    if (!object.contains(key)) {
        return true;
    }
    const auto text = text_at(object, key);
    value = text.value_or("");
    return text.has_value();
}

std::string header_fault(const json& header, Token& token) {
    constexpr std::size_t kid_max = 256;
    std::string type;
    if (!read_text(header, "alg", token.algorithm) || !read_text(header, "kid", token.kid) ||
        !read_text(header, "typ", type) || token.algorithm.empty() || token.kid.size() > kid_max) {
        return "its header has no algorithm, or one of its members is not a string";
    }
    if (header.contains("crit") || header.contains("b64")) {
        return "it requires an extension (crit)";
    }
    std::transform(type.begin(), type.end(), type.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (type.starts_with("application/")) {
        type.erase(0, std::string_view("application/").size());
    }
    return type.empty() || type == "jwt" || type == "at+jwt" ? "" : "it is of another type: " + type;
}

bool has_audience(const json& claims, const std::vector<std::string>& audiences) {
    const auto is_ours = [&](const json& name) {
        return name.is_string() &&
               std::find(audiences.begin(), audiences.end(), name.get_ref<const std::string&>()) != audiences.end();
    };
    if (std::find(audiences.begin(), audiences.end(), "*") != audiences.end()) {
        return true;
    }
    const auto said = claims.find("aud");
    return said != claims.end() &&
           (said->is_array() ? std::any_of(said->begin(), said->end(), is_ours) : is_ours(*said));
}

}  // namespace

std::optional<Token> read_token(std::string_view text, std::string& fault) {
    const std::size_t first = text.find('.');
    const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
    if (text.size() > Token::size_max || second == std::string_view::npos ||
        text.find('.', second + 1) != std::string_view::npos) {
        fault = "it is too long, or does not have three parts";
        return std::nullopt;
    }
    const auto header_text = decode_base64url(text.substr(0, first));
    const auto claims_text = decode_base64url(text.substr(first + 1, second - first - 1));
    auto signature = decode_base64url(text.substr(second + 1));
    auto header = header_text ? parse_strict_object(*header_text) : std::nullopt;
    auto claims = claims_text ? parse_strict_object(*claims_text) : std::nullopt;
    if (!signature || !header || !claims) {
        fault = "a part of it is not valid base64url, or not a JSON object without duplicate keys";
        return std::nullopt;
    }
    Token token;
    fault = header_fault(*header, token);
    if (!fault.empty()) {
        return std::nullopt;
    }
    token.claims = std::move(*claims);
    token.signed_text = text.substr(0, second);
    token.signature = std::move(*signature);
    return token;
}

std::string claims_fault(const json& claims, const ClaimRules& rules, double now, double& until) {
    until = std::numeric_limits<double>::infinity();
    if (const auto end = claims.find("exp"); end != claims.end()) {
        if (!end->is_number()) {
            return "its exp is not a valid number";
        }
        until = end->get<double>() + rules.skew;
        if (now >= until) {
            return "it has expired";
        }
    } else if (rules.needs_end) {
        return "it has no exp";
    }
    if (const auto begin = claims.find("nbf"); begin != claims.end()) {
        if (!begin->is_number() || begin->get<double>() > now + rules.skew) {
            return "it is not valid yet";
        }
    }
    const std::string issuer = text_at(claims, "iss").value_or("");
    if (!rules.issuers.empty() &&
        std::find(rules.issuers.begin(), rules.issuers.end(), issuer) == rules.issuers.end()) {
        return "it is from another issuer";
    }
    return has_audience(claims, rules.audiences) ? "" : "it is for another audience";
}

std::string claim_value(const json& claims, const std::string& name) {
    const auto found = claims.find(name);
    std::string value;
    if (found == claims.end()) {
        return {};
    }
    if (found->is_string()) {
        value = found->get<std::string>();
    } else if (found->is_number_integer() || found->is_boolean()) {
        value = found->dump();
    } else if (found->is_array()) {
        for (const json& each : *found) {
            if (!each.is_string() || each.get_ref<const std::string&>().find(',') != std::string::npos) {
                return {};
            }
            value += (value.empty() ? "" : ",") + each.get<std::string>();
        }
    }
    return plugin::may_write("X-Claim", value) ? value : std::string();
}

}  // namespace ferrotunnel::plugins
