// Messages for the user on the standard error stream.
#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace ferrotunnel::cli {

/// Does not throw when the standard error stream is closed or its disk is full: nothing else depends on it.
template <typename... Values>
void print_error(fmt::format_string<Values...> format, Values&&... values) {
    const std::string text = fmt::format(format, std::forward<Values>(values)...);
    (void)std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace ferrotunnel::cli
