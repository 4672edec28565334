// Commands for running programs, by their control sockets: `status`, `health`, `services`, `tokens`, `config diff`,
// `reload`, `drain`, `kick` and `inspect`.
#pragma once

#include <vector>

#include "arguments.hpp"
#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// For the list of commands, and for the variables of their options.
const CommandInfo& status_info();
const CommandInfo& health_info();
const CommandInfo& services_info();
const CommandInfo& tokens_info();
const CommandInfo& config_info();
const CommandInfo& reload_info();
const CommandInfo& drain_info();
const CommandInfo& kick_info();
const CommandInfo& inspect_info();

/// `arguments` do not contain the command's name. Throw UsageError; std::runtime_error with a text for the user.
ExitCode run_status(Arguments arguments);
ExitCode run_health(Arguments arguments);
ExitCode run_services(Arguments arguments);
ExitCode run_tokens(Arguments arguments);
ExitCode run_config(Arguments arguments);
ExitCode run_reload(Arguments arguments);
ExitCode run_drain(Arguments arguments);
ExitCode run_kick(Arguments arguments);
ExitCode run_inspect(Arguments arguments);

}  // namespace ferrotunnel::cli
