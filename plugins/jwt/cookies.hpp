// Cookies of a request (RFC 6265).
#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>

#include "ferrotunnel/plugin.hpp"

namespace ferrotunnel::plugins {

/// Calls `look(name, value)` for each cookie.
inline void each_cookie(const plugin::Exchange& exchange,
                        const std::function<void(std::string_view, std::string_view)>& look) {
    for (std::size_t i = 0; const auto field = exchange.field(plugin::Side::request, "Cookie", i); ++i) {
        std::string_view rest = *field;
        while (!rest.empty()) {
            std::string_view pair = rest.substr(0, rest.find(';'));
            rest.remove_prefix(pair.size() < rest.size() ? pair.size() + 1 : rest.size());
            pair.remove_prefix(std::min(pair.find_first_not_of(" \t"), pair.size()));
            const std::size_t equals = std::min(pair.find('='), pair.size());
            look(pair.substr(0, equals), pair.substr(std::min(equals + 1, pair.size())));
        }
    }
}

/// Removes the cookies of that name from the request. False if there is no room for the change.
inline bool remove_cookie(plugin::Exchange& exchange, std::string_view name) {
    std::string kept;
    each_cookie(exchange, [&](std::string_view each, std::string_view value) {
        if (each != name && !each.empty()) {
            kept += (kept.empty() ? "" : "; ") + std::string(each) + "=" + std::string(value);
        }
    });
    return kept.empty() ? exchange.remove(plugin::Side::request, "Cookie")
                        : exchange.set(plugin::Side::request, "Cookie", kept);
}

}  // namespace ferrotunnel::plugins
