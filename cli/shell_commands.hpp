// Commands for use at the shell: completion, man pages and hashes of passwords.
#pragma once

#include "arguments.hpp"
#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

const CommandInfo& completion_info();
const CommandInfo& complete_info();
const CommandInfo& man_info();
const CommandInfo& hash_info();

ExitCode run_completion(Arguments arguments);
/// Prints the names that the completion of shells offers. Not listed by --help.
ExitCode run_complete(Arguments arguments);
ExitCode run_man(Arguments arguments);
ExitCode run_hash(Arguments arguments);

}  // namespace ferrotunnel::cli
