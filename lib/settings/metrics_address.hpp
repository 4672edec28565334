// The listen address for metrics.
#pragma once

#include <string_view>

#include "runtime/address.hpp"

namespace ferrotunnel::detail {

/// The address that a value of `metrics` means; empty if it is off or invalid.
runtime::SocketAddress metrics_address(std::string_view setting);

}  // namespace ferrotunnel::detail
