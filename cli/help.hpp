// What --help says.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"

namespace ferrotunnel::cli {

/// The commands and how to begin.
std::string help_for_program(const std::vector<const CommandInfo*>& commands);
/// One command: examples first, then its options by section, its variables, signals and exit codes.
std::string help_for(const CommandInfo& command);

}  // namespace ferrotunnel::cli
