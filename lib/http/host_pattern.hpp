// Host patterns of rules, as configurations, flags and clients write them.
//
//     app.example.com     only that host
//     *.example.com       one label in front: a.example.com, neither a.b.example.com nor example.com
//     **.example.com      one or more labels in front: a.example.com and a.b.example.com, not example.com
//     *                   every host that no other pattern matches: the default service
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ferrotunnel::http {

/// What is wrong with a setting, in words that follow the setting: "has a port; ...".
struct Problem {
    std::string text;
};

struct HostPattern {
    enum class Kind : std::uint8_t { exact, one_label, any_labels, any };

    Kind kind = Kind::any;
    /// The host in normal form (see normal_host()), without the asterisks and the dot that follows them; empty for
    /// `any`.
    std::string host;

    /// The pattern as text, like "*.example.com": two patterns are equal if and only if their texts are.
    std::string text() const;
    bool matches(std::string_view normal_host) const noexcept;

    bool operator==(const HostPattern&) const = default;
    auto operator<=>(const HostPattern&) const = default;
};

/// Parses a pattern, ignoring case and a final dot. A problem explains how to write what was probably meant.
Result<HostPattern, Problem> parse_host_pattern(std::string_view text);

}  // namespace ferrotunnel::http
