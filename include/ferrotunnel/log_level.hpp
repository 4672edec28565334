// How much is logged.
#pragma once

#include <cstdint>

namespace ferrotunnel {

/// In rising order of weight; a level includes those after it.
enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

}  // namespace ferrotunnel
