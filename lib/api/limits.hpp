// Bounds of what an application asks for while a Server runs.
#pragma once

#include <cstddef>

namespace ferrotunnel::limits {

// Addresses beside those of the settings: each is a descriptor and an acceptor on the first worker.
inline constexpr std::size_t added_listeners_max = 32;

}  // namespace ferrotunnel::limits
