// Help texts: --help prints a page of at most 45 lines and 100 columns (tests/e2e/help.sh), --help all everything.
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

/// The program's page: its commands, and how to start.
std::string help_for_program(const std::vector<CommandGroup>& groups);
/// A command's page: examples, and the options that have a brief.
std::string brief_help_for(const CommandInfo& command);
/// Everything about a command: all options with their full texts, variables, signals and exit codes.
std::string full_help_for(const CommandInfo& command);

/// What holds for a command besides its options.
struct HelpNotes {
    std::string exit_codes;            // lines like "  0  done", and their continuations, which are indented
    std::string variables;             // names, with spaces between them; empty if options are not variables
    std::string_view about_variables;  // sentences
    std::string_view signals;          // sentences; empty if it handles none
};
HelpNotes notes_of(const CommandInfo& command);
/// The sentences of --help all about an option.
std::string sentences_of(const OptionInfo& option);

/// Whether `words` request help by --help or -h; then prints it. Throws UsageError if the next word is not "all".
bool print_help_if_requested(const CommandInfo& command, const std::vector<std::string>& words);

/// Reads the words after the command's name. False if they request help, which is then printed.
bool parse_or_help(Options& options, std::vector<std::string> words, Problems& problems);

/// Moves options to --help all that have no effect for the command, or too little for its page.
void list_in_full_help_only(const std::vector<std::string_view>& names, CommandInfo& command);

}  // namespace ferrotunnel::cli
