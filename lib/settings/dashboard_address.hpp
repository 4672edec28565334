// Where the dashboard is, and whether its secret is one.
#pragma once

#include <string>
#include <string_view>

#include "runtime/address.hpp"
#include "settings/common.hpp"

namespace ferrotunnel::detail {

/// The address that a value of `dashboard` stands for at this side, "server" or "client"; empty: nowhere, or it is
/// none.
runtime::SocketAddress dashboard_address(std::string_view setting, std::string_view side);

/// The file of the dashboard's secret where other users of this machine can read it; empty: there is none.
std::string exposed_dashboard_file(const CommonValues& settings);

}  // namespace ferrotunnel::detail
