// `client.managed`: the backends for which the server's administrator may add services.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exits/destinations.hpp"

namespace ferrotunnel::detail {

/// The problem of an item, worded to follow the item; empty if it is an address or network with ports.
std::optional<std::string> managed_target_fault(const std::string& item);

/// Parses valid items.
exits::Destinations managed_targets(const std::vector<std::string>& items);

}  // namespace ferrotunnel::detail
