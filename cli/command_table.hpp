// All commands of the program. --help, the completion of shells and the man pages are made from this table.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "command.hpp"
#include "help.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// In the order of --help; those of a group follow each other.
std::span<const Command> commands();
/// Null if there is none. Also finds commands that --help does not list.
const Command* find_command(std::string_view name);
std::vector<const CommandInfo*> command_infos();
std::vector<CommandGroup> command_groups();

}  // namespace ferrotunnel::cli
