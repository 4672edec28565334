// Where metrics are read.
#pragma once

#include <string_view>

#include "runtime/address.hpp"

namespace ferrotunnel::detail {

/// The address that a value of `metrics` stands for; empty: nowhere, or it is none.
runtime::SocketAddress metrics_address(std::string_view setting);

}  // namespace ferrotunnel::detail
