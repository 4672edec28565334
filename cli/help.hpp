// Help texts: for --help a page, which has at most 45 lines and 100 columns (tests/e2e/help.sh), and for --help all
// everything.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "options.hpp"

namespace ferrotunnel::cli {

struct CommandGroup {
    std::string_view title;
    std::vector<const CommandInfo*> commands;
};

/// The page of the program: its commands, and how to begin.
std::string help_for_program(const std::vector<CommandGroup>& groups);
/// The page of a command: examples, and the options that have a brief.
std::string brief_help_for(const CommandInfo& command);
/// Everything about a command: all options with their full texts, variables, signals and exit codes.
std::string full_help_for(const CommandInfo& command);

/// Whether `words` ask for help by --help or -h; then it is printed. Throws a UsageError where the word behind it is
/// another one than "all".
bool print_help_if_asked(const CommandInfo& command, const std::vector<std::string>& words);

/// Reads the words behind the command's name. False: they asked for help, and it is printed.
bool parse_or_help(Options& options, std::vector<std::string> words, Problems& problems);

/// Moves options of a command to --help all: they have nothing to do there, or too little for its page.
void list_in_full_help_only(const std::vector<std::string_view>& names, CommandInfo& command);

}  // namespace ferrotunnel::cli
