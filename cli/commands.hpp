// What the program can do, one function a command.
#pragma once

#include "arguments.hpp"
#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

const CommandInfo& server_info();
const CommandInfo& client_info();
const CommandInfo& tcp_info();

/// `arguments` without the command's name. They throw UsageError before anything is started, and std::system_error with
/// a text for the user when starting fails.
ExitCode run_server(Arguments arguments);
ExitCode run_client(Arguments arguments);
ExitCode run_tcp(Arguments arguments);
ExitCode run_token();

}  // namespace ferrotunnel::cli
