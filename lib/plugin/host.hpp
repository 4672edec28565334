// The tables of functions that plugins call.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

// Texts of the interface, and of this library.
inline std::string_view view(ft_text text) noexcept {
    return {text.data, text.size};
}
inline ft_text text_of(std::string_view view) noexcept {
    return {view.data(), view.size()};
}

/// The table that every plugin gets. Any thread; it is good for as long as the process lives.
const ft_host& host() noexcept;

/// The functions for exchanges (FT_HTTP_1).
const ft_http& http_table() noexcept;

/// Sets the clock that plugins see; before there are plugins. Without one the time stands still.
void set_clock(std::uint64_t (*now_ns)()) noexcept;
/// The time by that clock.
TimePoint now() noexcept;

}  // namespace ferrotunnel::plugin
