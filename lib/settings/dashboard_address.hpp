// The dashboard's listen address, and validation of its secret.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "ferrotunnel/secret.hpp"
#include "runtime/address.hpp"
#include "settings/common.hpp"

namespace ferrotunnel::detail {

/// The address that a value of `dashboard` means on this side, "server" or "client"; empty if it is off or invalid.
runtime::SocketAddress dashboard_address(std::string_view setting, std::string_view side);

/// Reads the dashboard's secret: the first line of its file, without surrounding blanks. The error is a sentence that
/// names the file.
Result<Secret, std::string> read_dashboard_secret(const std::string& file);

/// The file of the dashboard's secret if other users of this machine can read it; otherwise empty.
std::string exposed_dashboard_file(const CommonValues& settings);

}  // namespace ferrotunnel::detail
