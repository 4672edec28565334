#include "oidc/id_token.hpp"

#include "common/strict_json.hpp"
#include "jwt/token.hpp"

namespace ferrotunnel::plugins {

std::string id_token_fault(const nlohmann::json& claims, const IdTokenRules& rules, double now) {
    constexpr double skew = 60;
    constexpr std::size_t subject_max = 255;  // section 2
    double until = 0;
    const ClaimRules common{{rules.issuer}, {rules.client_id}, skew, true};
    if (std::string fault = claims_fault(claims, common, now, until); !fault.empty()) {
        return fault;
    }
    const auto audience = claims.find("aud");
    const auto party = text_at(claims, "azp");
    if (audience->is_array() && audience->size() > 1 && !party) {
        return "it is for several audiences, and does not say which one has requested it (azp)";
    }
    if (claims.contains("azp") && party != rules.client_id) {
        return "another client has requested it (azp)";
    }
    if (text_at(claims, "nonce") != rules.nonce) {
        return "it belongs to another login (nonce)";
    }
    const auto subject = text_at(claims, "sub");
    if (!subject || subject->empty() || subject->size() > subject_max) {
        return "it has no subject";
    }
    return {};
}

}  // namespace ferrotunnel::plugins
