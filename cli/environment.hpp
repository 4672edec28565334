// Access to environment variables.
#pragma once

#include <cstdlib>
#include <string>

namespace ferrotunnel::cli {

/// The value of the variable `name`, empty if it is not set.
inline std::string environment_variable(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

}  // namespace ferrotunnel::cli
