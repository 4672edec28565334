// The function tables that plugins call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/clock.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

// Convert between texts of the interface and of this library.
inline std::string_view view(ft_text text) noexcept {
    return {text.data, text.size};
}
inline ft_text text_of(std::string_view view) noexcept {
    return {view.data(), view.size()};
}

/// Copies a struct of a plugin, which begins with its size, as far as both sides know it; the rest is empty.
template <typename Struct>
Struct known_part(const Struct& theirs) noexcept {
    Struct ours{};
    std::memcpy(&ours, &theirs, std::min(theirs.size, sizeof(Struct)));
    return ours;
}

/// The table that every plugin gets. Thread-safe; valid for the lifetime of the process.
const ft_host& host() noexcept;

/// The functions for exchanges (FT_HTTP_1).
const ft_http& http_table() noexcept;

/// The functions for bodies (FT_BODY_1).
const ft_body_api& body_table() noexcept;
/// The functions for visitors, logins and registrations (FT_SESSION_1).
const ft_session& session_table() noexcept;

/// The functions for looking up tokens (FT_TOKENS_1).
const ft_tokens& token_table() noexcept;

/// The plugins' clock, in nanoseconds.
using PluginClock = std::uint64_t (*)();
/// Sets the clock, before there are plugins, and returns the previous one. Null: the time stands still.
PluginClock set_clock(PluginClock now_ns) noexcept;
/// The time by that clock.
TimePoint now() noexcept;

}  // namespace ferrotunnel::plugin
