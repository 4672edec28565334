// The plugin's cookies in requests and responses (RFC 6265bis).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/plugin.hpp"
#include "jwt/cookies.hpp"

namespace ferrotunnel::plugins {

/// Between the name of the session's cookie and the first characters of a login's state.
inline constexpr const char* login_infix = "-login-";

/// The cookie of that name; empty if there is none, or more than one.
inline std::optional<std::string> cookie_of(const plugin::Exchange& exchange, std::string_view wanted) {
    std::optional<std::string> found;
    bool is_double = false;
    each_cookie(exchange, [&](std::string_view name, std::string_view value) {
        if (name == wanted) {
            is_double = found.has_value();
            found = value;
        }
    });
    return is_double ? std::nullopt : found;
}

/// The names of cookies that begin so.
inline std::vector<std::string> cookies_with_prefix(const plugin::Exchange& exchange, std::string_view prefix) {
    std::vector<std::string> names;
    each_cookie(exchange, [&](std::string_view name, std::string_view) {
        if (name.starts_with(prefix)) {
            names.emplace_back(name);
        }
    });
    return names;
}

/// Removes the cookie of that name, and those whose names begin with `prefix`, from the request. False if there is no
/// room for the change.
inline bool remove_cookies(plugin::Exchange& exchange, std::string_view removed, std::string_view prefix) {
    std::string kept;
    bool is_changed = false;
    each_cookie(exchange, [&](std::string_view name, std::string_view value) {
        if (name == removed || name.starts_with(prefix)) {
            is_changed = true;
        } else if (!name.empty()) {
            kept += (kept.empty() ? "" : "; ") + std::string(name) + "=" + std::string(value);
        }
    });
    if (!is_changed) {
        return true;
    }
    return kept.empty() ? exchange.remove(plugin::Side::request, "Cookie")
                        : exchange.set(plugin::Side::request, "Cookie", kept);
}

/// A field Set-Cookie for this host alone, which scripts cannot read, and which other sites do not send along with
/// anything but links. `seconds`: 0 removes it.
inline plugin::Field set_cookie(const std::string& name, const std::string& value, std::int64_t seconds,
                                bool is_secure) {
    return {"Set-Cookie", name + "=" + value + "; Path=/; Max-Age=" + std::to_string(seconds) +
                              "; HttpOnly; SameSite=Lax" + (is_secure ? "; Secure" : "")};
}

}  // namespace ferrotunnel::plugins
