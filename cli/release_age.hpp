// How old a release of a library is.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace ferrotunnel::cli {

/// Returns the days between the date at the end of `text`, "OpenSSL 3.0.17 1 Jul 2025", and `today`. Empty if there is
/// no date, or if it is in the future.
std::optional<int> release_age(std::string_view text, std::chrono::sys_days today);

}  // namespace ferrotunnel::cli
