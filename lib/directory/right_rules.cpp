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

// Whether the list of a token's hosts has exactly this pattern.
bool lists(const std::vector<std::string>& hosts, const HostPatternKey& place) noexcept {
    return std::any_of(hosts.begin(), hosts.end(),
                       [&place](const std::string& host) { return host_pattern_key_of(host) == place; });
}

// The width of the narrowest listed range around the port; 0: none.
std::uint32_t narrowest_around(const std::optional<login::PortRight>& right, std::uint16_t port) noexcept {
    std::uint32_t narrowest = 0;
    if (!right || right->any) {
        return narrowest;
    }
    for (const login::PortRange& range : right->listed.ranges()) {
        if (port >= range.first && port <= range.last) {
            narrowest = narrowest == 0 ? width_of(range) : std::min(narrowest, width_of(range));
        }
    }
    return narrowest;
}

const login::PortPolicy& policy_of(const login::Rights& rights, const login::PortPolicy& every_token) {
    const auto& right = rights.ports;
    return !right ? every_token : right->any ? every_port() : right->listed;
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

RightRules::RightRules(const std::vector<login::AcceptedToken>& tokens, std::string_view domain,
                       std::shared_ptr<const login::ExternalTokens> external)
    : assigned_(domain.empty() ? std::string() : "*." + std::string(domain)),
      several_(tokens.size() > 1),
      external_(std::move(external)) {
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

bool RightRules::is_in_table(const login::TokenId& token) const noexcept {
    return std::binary_search(tokens_.begin(), tokens_.end(), token);
}

bool RightRules::has_token(const login::TokenId& token) const {
    return is_in_table(token) || (external_ != nullptr && external_->has(token)) ||
           (tokens_.empty() && external_ == nullptr);
}

RightsRef RightRules::of(const login::TokenId& token) const {
    static const login::Rights everything;
    if (const auto known = rights_.find(token); known != rights_.end()) {
        return RightsRef(*known->second);
    }
    if (external_ != nullptr && !external_->is_empty() && !is_in_table(token)) {
        if (auto rights = external_->rights_of(token)) {
            return RightsRef(std::move(rights));
        }
    }
    return RightsRef(everything);
}

const RightRules::Holders* RightRules::holders_of(const HostPatternKey& place) const noexcept {
    if (place.form == HostForm::any) {
        return any_host_.empty() ? nullptr : &any_host_;
    }
    const auto& of_form = hosts_[static_cast<std::size_t>(place.form)];
    const auto known = of_form.find(place.key);
    return known != of_form.end() ? &known->second : nullptr;
}

RightRules::Whose RightRules::whose(const login::TokenId& token, const RightsRef& rights,
                                    std::string_view pattern) const {
    Whose whose = Whose::nobody;
    const bool is_listed = rights.is_external() && rights->hosts.has_value();
    if (patterns_.empty() && !is_listed) {
        return whose;
    }
    visit_patterns_around(pattern, [&](const HostPatternKey& place) {
        const Holders* holders = holders_of(place);
        if (is_listed && lists(*rights->hosts, place)) {
            whose = Whose::own;
        } else if (holders != nullptr) {
            whose = has(*holders, token) ? Whose::own : Whose::others;
        }
        return whose != Whose::nobody;
    });
    return whose;
}

// Whether a pattern also matches hosts that others have a right to, or that the server assigns to others.
bool RightRules::is_around_others(std::string_view pattern) const noexcept {
    const bool are_several = several_ || (external_ != nullptr && !external_->is_empty());
    if (are_several && (pattern == "*" || (!assigned_.empty() && covers_host(pattern, assigned_)))) {
        return true;
    }
    return host_pattern_key_of(pattern).form != HostForm::exact &&
           std::any_of(patterns_.begin(), patterns_.end(),
                       [pattern](const std::string& right) { return covers_host(pattern, right); });
}

std::optional<Refusal> RightRules::refuse_host(const login::TokenId& token, std::string_view pattern) const {
    const RightsRef rights = of(token);
    const auto& own = rights->hosts;
    const Whose decides = whose(token, rights, pattern);
    if (decides == Whose::own || (decides == Whose::nobody && !own && !is_around_others(pattern))) {
        return std::nullopt;
    }
    if (own && !names_host(token, pattern)) {
        return not_among(pattern, *own);
    }
    return kept_for_others(ClaimName(std::string(pattern), {}), wire::Code::forbidden);
}

bool RightRules::names_host(const login::TokenId& token, std::string_view pattern) const {
    const RightsRef rights = of(token);
    const bool is_listed = rights.is_external() && rights->hosts.has_value();
    return (is_listed || !patterns_.empty()) && visit_patterns_around(pattern, [&](const HostPatternKey& place) {
               const Holders* holders = holders_of(place);
               return (is_listed && lists(*rights->hosts, place)) || (holders != nullptr && has(*holders, token));
           });
}

bool RightRules::may_see(const login::TokenId& token, std::string_view host) const {
    return patterns_.empty() || whose(token, of(token), host) != Whose::others;
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
    const RightsRef rights = of(token);
    if (rights.is_external()) {
        own = narrowest_around(rights->ports, port);
        narrowest = own == 0 || narrowest == 0 ? std::max(own, narrowest) : std::min(own, narrowest);
    }
    const login::PortPolicy& policy = policy_of(*rights, every_token);
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
    const RightsRef rights = of(token);
    const auto& right = rights->ports;
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
    const RightsRef rights = of(token);
    if (rights->allows(kind)) {
        return std::nullopt;
    }
    return Refusal{wire::Code::forbidden,
                   "Services of the kind " + std::string(login::name_of(kind)) +
                       " are not allowed for this token. Allowed: " + login::names_of(*rights->kinds) + '.'};
}

}  // namespace ferrotunnel::directory
