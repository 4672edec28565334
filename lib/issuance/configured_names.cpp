#include "issuance/configured_names.hpp"

#include <algorithm>

namespace ferrotunnel::issuance {

bool can_have_wildcards(const Settings& settings) noexcept {
    return std::any_of(settings.ways.begin(), settings.ways.end(), [&settings](acme::Way way) {
        return way == acme::Way::dns_persist_01 || (way == acme::Way::dns_01 && !settings.dns_command.empty());
    });
}

bool has_way_without_dns(const Settings& settings) noexcept {
    return std::any_of(settings.ways.begin(), settings.ways.end(),
                       [](acme::Way way) { return way == acme::Way::http_01 || way == acme::Way::tls_alpn_01; });
}

std::vector<ConfiguredName> configured_names(const Settings& settings, std::vector<std::string>& unusable) {
    const bool has_wildcards = can_have_wildcards(settings);
    std::vector<ConfiguredName> all;
    const auto add = [&all](ConfiguredName name) {
        const bool is_known = std::any_of(all.begin(), all.end(),
                                          [&name](const ConfiguredName& other) { return other.name == name.name; });
        if (!is_known) {
            all.push_back(std::move(name));
        }
    };
    if (const auto domain = acme::read_identifier(settings.domain)) {
        const acme::Identifier wildcard{domain->type, "*." + domain->value};
        const bool has_both = has_wildcards && domain->type == acme::Identifier::Type::dns;
        if (has_both) {
            add({wildcard.value, {*domain, wildcard}, false});
        }
        if (!has_both || has_way_without_dns(settings)) {
            add({domain->value, {*domain}, false});
        }
    }
    for (const acme::Identifier& name : settings.names) {
        if (name.is_wildcard() && !has_wildcards) {
            unusable.push_back(name.value);
        } else {
            add({name.value, {name}, true});
        }
    }
    return all;
}

}  // namespace ferrotunnel::issuance
