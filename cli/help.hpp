// What --help says.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"

namespace ferrotunnel::cli {

/// The program's help: the commands and how to begin.
std::string help_for_program(const std::vector<const CommandInfo*>& commands);
/// A command's help: examples first, then its options by section, its variables, signals and exit codes.
std::string help_for(const CommandInfo& command);

/// Reads the words behind the command's name. False: --help was among them, and is printed.
bool parse_or_help(Options& options, std::vector<std::string> words, Problems& problems);

}  // namespace ferrotunnel::cli
