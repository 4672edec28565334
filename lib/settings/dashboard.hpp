// The dashboard's listen address and secret, and their check.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/secret.hpp"
#include "runtime/address.hpp"

namespace ferrotunnel::detail {

struct CommonValues;

/// The address that a value of `dashboard` means on this side, "server" or "client"; empty if it is off or invalid.
runtime::SocketAddress dashboard_address(std::string_view setting, std::string_view side);

/// Reads the dashboard's secret: the first line of its file, without surrounding whitespace. The error is a sentence
/// that names the file.
Result<Secret, std::string> read_dashboard_secret(const std::string& file);

/// The file of the dashboard's secret if other users of this machine can read it; otherwise empty.
std::string exposed_dashboard_file(const CommonValues& settings);

/// What is wrong with a value of `dashboard`; nullopt if it is valid.
std::optional<std::string> dashboard_fault(const std::string& text);
/// Checks the keys of the dashboard together.
void check_dashboard(const CommonValues& settings, std::vector<Problem>& problems);
/// Appends a warning if other users of this machine can read the file of the dashboard's secret.
void warn_of_dashboard(const CommonValues& settings, std::vector<std::string>& warnings);

}  // namespace ferrotunnel::detail
