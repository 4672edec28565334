// Plugins in files. A library that was loaded stays in the process: code that a thread could still be in is never
// unmapped.
#pragma once

#include <string>

#include "base/result.hpp"
#include "ferrotunnel/plugin_abi.h"

namespace ferrotunnel::plugin {

/// A library that is in the process.
struct Loaded {
    ft_entry entry = nullptr;
};

/// Loads a library. The problem is in words that follow the file's name. Any thread.
Result<Loaded, std::string> load(const std::string& file);

}  // namespace ferrotunnel::plugin
