// Where the dashboard is, and whether its secret is one.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "ferrotunnel/secret.hpp"
#include "runtime/address.hpp"
#include "settings/common.hpp"

namespace ferrotunnel::detail {

/// The address that a value of `dashboard` stands for at this side, "server" or "client"; empty: nowhere, or it is
/// none.
runtime::SocketAddress dashboard_address(std::string_view setting, std::string_view side);

/// Reads the secret that is needed to see the dashboard: the first line of its file, without blanks around it.
/// Otherwise a sentence that names the file.
Result<Secret, std::string> read_dashboard_secret(const std::string& file);

/// The file of the dashboard's secret where other users of this machine can read it; empty: there is none.
std::string exposed_dashboard_file(const CommonValues& settings);

}  // namespace ferrotunnel::detail
