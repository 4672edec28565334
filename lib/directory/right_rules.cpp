#include "directory/right_rules.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "directory/claim_name.hpp"

namespace ferrotunnel::directory {
namespace {

const login::PortPolicy& every_port() {
    static const login::PortPolicy policy({{1, 65'535}});
    return policy;
}

std::uint32_t width_of(const login::PortRange& range) noexcept {
    return range.last - range.first + 1U;
}

bool has(const std::vector<login::TokenId>& holders, const login::TokenId& token) noexcept {
    return std::find(holders.begin(), holders.end(), token) != holders.end();
}

// The token's own hosts, which it may learn.
std::string described(const std::vector<std::string>& hosts) {
    constexpr std::size_t shown_max = 8;  // the text travels in a message to the client
    std::string text;
    for (std::size_t i = 0; i < hosts.size() && i < shown_max; ++i) {
        text += (i == 0 ? "" : ", ") + printable(hosts[i], 64);
    }
    return hosts.empty() ? "none" : hosts.size() > shown_max ? text + ", ..." : text;
}

Refusal not_among(std::string_view pattern, const std::vector<std::string>& hosts) {
    return {wire::Code::forbidden, ClaimName(std::string(pattern), {}).text() +
                                       " is not allowed for this token. Allowed: " + described(hosts) +
                                       ". Use one of these, or ask the server's operator to allow it."};
}

Refusal kept_for_others(const ClaimName& name, wire::Code code) {
    return {code, name.text() +
                      " is reserved for tokens with a right to it, which this token does not have. Choose another " +
                      name.kind() + ", or ask the server's operator to allow it."};
}

}  // namespace

RightRules::RightRules(const std::vector<login::AcceptedToken>& tokens, std::string_view domain)
    : assigned_(domain.empty() ? std::string() : "*." + std::string(domain)), several_(tokens.size() > 1) {
    for (const login::AcceptedToken& token : tokens) {
        tokens_.push_back(token.id());
        if (!token.rights) {
            continue;
        }
        rights_.emplace(token.id(), token.rights);
        if (token.rights->hosts) {
            for (const std::string& pattern : *token.rights->hosts) {
                add_host(pattern, token.id());
            }
        }
        if (token.rights->ports && !token.rights->ports->any) {
            for (const login::PortRange& range : token.rights->ports->listed.ranges()) {
                ports_.push_back({range, token.id()});
            }
        }
    }
    std::sort(tokens_.begin(), tokens_.end());
}

void RightRules::add_host(const std::string& pattern, const login::TokenId& token) {
    const HostPatternKey place = host_pattern_key_of(pattern);
    Holders& holders =
        place.form == HostForm::any ? any_host_ : hosts_[static_cast<std::size_t>(place.form)][std::string(place.key)];
    if (!has(holders, token)) {
        holders.push_back(token);
    }
    patterns_.push_back(pattern);
}

bool RightRules::has_token(const login::TokenId& token) const noexcept {
    return tokens_.empty() || std::binary_search(tokens_.begin(), tokens_.end(), token);
}

const login::Rights& RightRules::of(const login::TokenId& token) const noexcept {
    static const login::Rights everything;
    const auto known = rights_.find(token);
    return known != rights_.end() ? *known->second : everything;
}

const RightRules::Holders* RightRules::holders_of(const HostPatternKey& place) const noexcept {
    if (place.form == HostForm::any) {
        return any_host_.empty() ? nullptr : &any_host_;
    }
    const auto& of_form = hosts_[static_cast<std::size_t>(place.form)];
    const auto known = of_form.find(place.key);
    return known != of_form.end() ? &known->second : nullptr;
}

// The tokens whose right names the host most specifically. Null if no right names it.
const RightRules::Holders* RightRules::deciding(std::string_view pattern) const noexcept {
    const Holders* holders = nullptr;
    if (!patterns_.empty()) {
        visit_patterns_around(pattern, [&](const HostPatternKey& place) {
            holders = holders_of(place);
            return holders != nullptr;
        });
    }
    return holders;
}

// Whether a pattern also matches hosts that others have a right to, or that the server assigns to others.
bool RightRules::is_around_others(std::string_view pattern) const noexcept {
    if (several_ && (pattern == "*" || (!assigned_.empty() && covers_host(pattern, assigned_)))) {
        return true;
    }
    return host_pattern_key_of(pattern).form != HostForm::exact &&
           std::any_of(patterns_.begin(), patterns_.end(),
                       [pattern](const std::string& right) { return covers_host(pattern, right); });
}

std::optional<Refusal> RightRules::refuse_host(const login::TokenId& token, std::string_view pattern) const {
    const auto& own = of(token).hosts;
    const Holders* holders = deciding(pattern);
    if (holders != nullptr ? has(*holders, token) : !own && !is_around_others(pattern)) {
        return std::nullopt;
    }
    if (own && !names_host(token, pattern)) {
        return not_among(pattern, *own);
    }
    return kept_for_others(ClaimName(std::string(pattern), {}), wire::Code::forbidden);
}

bool RightRules::names_host(const login::TokenId& token, std::string_view pattern) const noexcept {
    return !patterns_.empty() && visit_patterns_around(pattern, [&](const HostPatternKey& place) {
        const Holders* holders = holders_of(place);
        return holders != nullptr && has(*holders, token);
    });
}

bool RightRules::may_see(const login::TokenId& token, std::string_view host) const noexcept {
    const Holders* holders = deciding(host);
    return holders == nullptr || has(*holders, token);
}

const login::PortPolicy& RightRules::policy_of(const login::TokenId& token,
                                               const login::PortPolicy& every_token) const {
    const auto& right = of(token).ports;
    return !right ? every_token : right->any ? every_port() : right->listed;
}

std::optional<Refusal> RightRules::refuse_port(const login::TokenId& token, std::uint16_t port,
                                               const login::PortPolicy& every_token) const {
    std::uint32_t narrowest = 0;  // of all ranges around the port; 0: none
    std::uint32_t own = 0;
    for (const PortEntry& entry : ports_) {
        if (port < entry.range.first || port > entry.range.last) {
            continue;
        }
        const std::uint32_t width = width_of(entry.range);
        narrowest = narrowest == 0 ? width : std::min(narrowest, width);
        if (entry.owner == token) {
            own = own == 0 ? width : std::min(own, width);
        }
    }
    const login::PortPolicy& policy = policy_of(token, every_token);
    if (!policy.allows(port)) {
        return Refusal{wire::Code::port_forbidden, ClaimName(port).text() +
                                                       " is not allowed for this token. Allowed: " + policy.describe() +
                                                       ". Use one of these, or ask the server's operator to allow it."};
    }
    if (own != narrowest) {
        return kept_for_others(port, wire::Code::port_forbidden);
    }
    return std::nullopt;
}

std::vector<std::uint16_t> RightRules::port_candidates(const login::TokenId& token,
                                                       const login::PortPolicy& every_token, Random& random) const {
    constexpr std::size_t tried_max = 32;
    constexpr std::size_t drawn_max = 2'048;
    const auto& right = of(token).ports;
    const login::PortPolicy& policy = right && !right->any ? right->listed : every_token;
    std::vector<std::uint16_t> candidates = policy.candidates(random, tried_max);
    const bool by_system = candidates == std::vector<std::uint16_t>{0};
    if (ports_.empty()) {
        return candidates;
    }
    // The system may choose a port to which others have a right: then one is drawn from all that are left.
    const login::PortPolicy drawn_from = by_system ? login::PortPolicy(login::PortPolicy().ranges()) : policy;
    std::vector<std::uint16_t> left;
    if (by_system) {
        left.push_back(0);
    }
    for (const std::uint16_t port : drawn_from.candidates(random, drawn_max)) {
        if (left.size() < tried_max && !refuse_port(token, port, every_token)) {
            left.push_back(port);
        }
    }
    return left;
}

std::optional<Refusal> RightRules::refuse_kind(const login::TokenId& token, wire::ServiceKind kind) const {
    const login::Rights& rights = of(token);
    if (rights.allows(kind)) {
        return std::nullopt;
    }
    return Refusal{wire::Code::forbidden,
                   "Services of the kind " + std::string(login::name_of(kind)) +
                       " are not allowed for this token. Allowed: " + login::names_of(*rights.kinds) + '.'};
}

}  // namespace ferrotunnel::directory
