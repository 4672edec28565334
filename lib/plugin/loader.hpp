// Loads plugin libraries from files. A loaded library stays in the process: code that a thread could still run is never
// unmapped.
#pragma once

#include <string>

#include "base/result.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// A loaded library.
struct Loaded {
    ft_entry entry = nullptr;
};

/// Loads a library. The error is in words that follow the file's name. Thread-safe.
Result<Loaded, std::string> load(const std::string& file);

}  // namespace ferrotunnel::plugin
