// Where the dashboard is.
#pragma once

#include <string_view>

#include "runtime/address.hpp"

namespace ferrotunnel::detail {

/// The address that a value of `dashboard` stands for at this side, "server" or "client"; empty: nowhere, or it is
/// none.
runtime::SocketAddress dashboard_address(std::string_view setting, std::string_view side);

}  // namespace ferrotunnel::detail
