// Log levels.
#pragma once

#include <cstdint>

namespace ferrotunnel {

/// The severity of a log line, in rising order; a level includes those after it.
enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

}  // namespace ferrotunnel
