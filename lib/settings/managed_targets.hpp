// `client.managed`: which backends the server's administrator may offer services of this client to.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exits/destinations.hpp"

namespace ferrotunnel::detail {

/// What is wrong with an item, in words behind it; nothing: it is an address or network, with ports.
std::optional<std::string> managed_target_fault(const std::string& item);

/// Items that have no fault.
exits::Destinations managed_targets(const std::vector<std::string>& items);

}  // namespace ferrotunnel::detail
