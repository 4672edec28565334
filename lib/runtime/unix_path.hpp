// The path of a Unix socket in a setting.
#pragma once

#include <string_view>

namespace ferrotunnel::runtime {

/// In front of a path in a setting: "unix:/run/app.sock".
inline constexpr std::string_view unix_prefix = "unix:";

/// Why a path (without the prefix) cannot be used, worded to follow the setting; empty if it can be: absolute, at most
/// unix_path_max bytes of printable UTF-8. The file need not exist. Thread-safe; the text is a literal.
std::string_view unix_path_fault(std::string_view path) noexcept;

}  // namespace ferrotunnel::runtime
