#include "oidc/claims.hpp"

#include "common/strict_json.hpp"

namespace ferrotunnel::plugins {

std::string text_claim(const nlohmann::json& claims, const std::string& name) {
    return text_at(claims, name.c_str()).value_or("");
}

std::string verified_email(const nlohmann::json& claims, bool trusts) {
    const auto verified = claims.find("email_verified");
    const bool is_verified = verified != claims.end() && verified->is_boolean() && verified->get<bool>();
    return is_verified || trusts ? text_claim(claims, "email") : std::string();
}

std::vector<std::string> group_list(const nlohmann::json& claims, const std::string& name) {
    std::vector<std::string> groups;
    const auto claim = claims.find(name);
    if (claim == claims.end()) {
        return groups;
    }
    if (claim->is_string()) {
        groups.push_back(claim->get<std::string>());
    } else if (claim->is_array()) {
        for (const nlohmann::json& one : *claim) {
            if (one.is_string()) {
                groups.push_back(one.get<std::string>());
            }
        }
    }
    return groups;
}

void complete_claims(nlohmann::json& claims, const nlohmann::json& userinfo) {
    const auto own = text_at(claims, "email");
    const bool is_about_address = !own || text_at(userinfo, "email") == own;
    if (!own) {
        claims.erase("email_verified");
    }
    for (const auto& [name, value] : userinfo.items()) {
        if (!claims.contains(name) && (is_about_address || name != "email_verified")) {
            claims[name] = value;
        }
    }
}

void keep_groups(std::vector<std::string>& groups, const std::unordered_set<std::string>& known) {
    std::erase_if(groups, [&known](const std::string& group) { return !known.contains(group); });
}

}  // namespace ferrotunnel::plugins
