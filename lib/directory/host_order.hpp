// Precedence of patterns for a host: the more specific one comes first.
//
//   a.b.example.com:  a.b.example.com, *.b.example.com, **.b.example.com, **.example.com, **.com, *
//   *.example.com:    *.example.com, **.example.com, **.com, *
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ferrotunnel::directory {

enum class HostForm : std::uint8_t { exact, one_label, any_labels, any };

/// A host or pattern in its parts: `key` is the part after "*." or "**.".
struct HostPatternKey {
    HostForm form = HostForm::exact;
    std::string_view key;

    friend bool operator==(const HostPatternKey&, const HostPatternKey&) = default;
};

/// `pattern` is in normal form, as HttpDescription has it.
inline HostPatternKey host_pattern_key_of(std::string_view pattern) noexcept {
    if (pattern == "*") {
        return {HostForm::any, {}};
    }
    if (pattern.starts_with("**.")) {
        return {HostForm::any_labels, pattern.substr(3)};
    }
    if (pattern.starts_with("*.")) {
        return {HostForm::one_label, pattern.substr(2)};
    }
    return {HostForm::exact, pattern};
}

/// Whether a host is a name. An address has no labels that a pattern could match. `host` is in normal form: a last
/// label of digits belongs to an IPv4 address.
inline bool is_host_name(std::string_view host) noexcept {
    const std::string_view last = host.substr(host.rfind('.') + 1);
    return !host.starts_with('[') && last.find_first_not_of("0123456789") != std::string_view::npos;
}

/// Calls `visit(HostPatternKey)` for `pattern` itself and then for each pattern that covers it, the narrowest first,
/// until it returns true. Returns whether it did.
template <typename Visit>
bool visit_patterns_around(std::string_view pattern, Visit visit) {
    const HostPatternKey place = host_pattern_key_of(pattern);
    std::string_view rest = place.key;
    if (place.form != HostForm::any && visit(place)) {
        return true;
    }
    bool is_below = place.form == HostForm::one_label;  // `**.rest` matches the pattern, too
    if (place.form == HostForm::exact && is_host_name(rest)) {
        const std::size_t dot = rest.find('.');
        is_below = dot != std::string_view::npos;
        rest = is_below ? rest.substr(dot + 1) : std::string_view();
        if (is_below && visit(HostPatternKey{HostForm::one_label, rest})) {
            return true;
        }
    } else if (place.form == HostForm::exact) {
        rest = {};
    }
    if (is_below && visit(HostPatternKey{HostForm::any_labels, rest})) {
        return true;
    }
    for (std::size_t dot = rest.find('.'); dot != std::string_view::npos; dot = rest.find('.')) {
        rest = rest.substr(dot + 1);
        if (visit(HostPatternKey{HostForm::any_labels, rest})) {
            return true;
        }
    }
    return visit(HostPatternKey{HostForm::any, {}});
}

/// Whether `wide` matches everything that `narrow` matches.
inline bool covers_host(std::string_view wide, std::string_view narrow) noexcept {
    const HostPatternKey place = host_pattern_key_of(wide);
    return visit_patterns_around(narrow, [&place](const HostPatternKey& around) { return around == place; });
}

}  // namespace ferrotunnel::directory
