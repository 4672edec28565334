// Scenarios of the chain of plugins.
#pragma once

#include <cstdint>

namespace ferrotunnel::instructions {

void plugin_heads(std::uint64_t exchanges);
void plugin_bodies(std::uint64_t exchanges);

}  // namespace ferrotunnel::instructions
