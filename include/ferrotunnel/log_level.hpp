// How much is logged.
#pragma once

#include <cstdint>

namespace ferrotunnel {

/// How much a log line weighs, in rising order; choosing a level includes those after it.
enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

}  // namespace ferrotunnel
