// Words for the user on the standard error.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace ferrotunnel::cli {

/// Where the standard error is closed, or its disk full, nobody can be told: nothing else changes because of that, so
/// this throws nothing for it.
template <typename... Values>
void complain(fmt::format_string<Values...> format, Values&&... values) {
    const std::string text = fmt::format(format, std::forward<Values>(values)...);
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace ferrotunnel::cli
