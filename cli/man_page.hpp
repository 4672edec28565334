// Man pages, made from the table of --help: one of the program, and one of each command with the commands below it. A
// single page would repeat the same names of options for most commands, and a search in it would find the wrong one.
#pragma once

#include <string>
#include <vector>

#include "help.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// The name of a page without its section: "ferrotunnel-http"; "ferrotunnel" for an empty command.
std::string page_name(const std::string& command);

/// `date`: YYYY-MM-DD.
std::string program_page(const std::vector<CommandGroup>& groups, const std::string& date);
std::string command_page(const CommandInfo& command, const std::string& date);

}  // namespace ferrotunnel::cli
