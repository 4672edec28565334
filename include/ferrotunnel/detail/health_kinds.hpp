// The kinds of health checks: their words in files and options, and what they need. One table for the library and the
// program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ferrotunnel/health_check.hpp"

namespace ferrotunnel::detail {

struct HealthKind {
    std::string_view word;
    /// It sends a request in HTTP/1.1, with a path, and so needs a backend that speaks it.
    bool sends_request = false;
};

// Without a default, so that the compiler reports a kind that is missing here.
constexpr HealthKind health_kind(HealthCheck::Kind kind) noexcept {
    switch (kind) {
        case HealthCheck::Kind::off:
            return {"off"};
        case HealthCheck::Kind::tcp:
            return {"tcp"};
        case HealthCheck::Kind::http:
            return {"http", true};
    }
    return {};
}

/// Calls `use` for each kind but `off`, in order.
template <typename Use>
constexpr void for_each_health_kind(const Use& use) {
    for (int i = 1; !health_kind(static_cast<HealthCheck::Kind>(i)).word.empty(); ++i) {
        use(static_cast<HealthCheck::Kind>(i));
    }
}

/// The check that a text stands for: the path of a request, or a kind that needs none. Empty if it is neither.
inline std::optional<HealthCheck> health_check_of(std::string_view text) {
    if (text.starts_with('/')) {
        return HealthCheck::http(std::string(text));
    }
    std::optional<HealthCheck> check;
    for_each_health_kind([&](HealthCheck::Kind kind) {
        if (health_kind(kind).word == text && !health_kind(kind).sends_request) {
            check.emplace().kind = kind;
        }
    });
    return check;
}

/// The words of the kinds that need no request, each behind `between`: "|tcp".
inline std::string health_words(std::string_view between) {
    std::string words;
    for_each_health_kind([&](HealthCheck::Kind kind) {
        if (!health_kind(kind).sends_request) {
            words.append(between).append(health_kind(kind).word);
        }
    });
    return words;
}

/// What was expected instead of a text that is no check.
inline std::string expected_health_check() {
    return "expected a path like /healthz" + health_words(" or ");
}

}  // namespace ferrotunnel::detail
