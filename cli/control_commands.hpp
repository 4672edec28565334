// Commands for running programs, by their control sockets. A new one is declared and listed here, and defined in a file
// of its own or beside a similar one; docs/extending.md names what else it needs.
#pragma once

#include "command.hpp"

namespace ferrotunnel::cli {

const CommandInfo& status_info();
const CommandInfo& services_info();
const CommandInfo& inspect_info();
const CommandInfo& health_info();
const CommandInfo& tokens_info();
const CommandInfo& config_info();
const CommandInfo& reload_info();
const CommandInfo& drain_info();
const CommandInfo& kick_info();
const CommandInfo& acme_info();

ExitCode run_status(Arguments arguments);
ExitCode run_services(Arguments arguments);
ExitCode run_inspect(Arguments arguments);
ExitCode run_health(Arguments arguments);
ExitCode run_tokens(Arguments arguments);
ExitCode run_config(Arguments arguments);
ExitCode run_reload(Arguments arguments);
ExitCode run_drain(Arguments arguments);
ExitCode run_kick(Arguments arguments);
ExitCode run_acme(Arguments arguments);

inline constexpr std::string_view operating = "Running servers and clients";

/// In the order of --help.
inline constexpr Command control_commands[] = {
    {operating, "status", status_info, run_status},    {operating, "services", services_info, run_services},
    {operating, "inspect", inspect_info, run_inspect}, {operating, "health", health_info, run_health},
    {operating, "tokens", tokens_info, run_tokens},    {operating, "config", config_info, run_config},
    {operating, "reload", reload_info, run_reload},    {operating, "drain", drain_info, run_drain},
    {operating, "kick", kick_info, run_kick},          {operating, "acme", acme_info, run_acme},
};

}  // namespace ferrotunnel::cli
