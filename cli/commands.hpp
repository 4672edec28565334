// What the program can do, one function a command.
#pragma once

#include <memory>

#include "arguments.hpp"
#include "config_option.hpp"
#include "exit_code.hpp"
#include "options.hpp"
#include "problems.hpp"
#include "run.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

const CommandInfo& server_info();
const CommandInfo& client_info();
const CommandInfo& tcp_info();
const CommandInfo& http_info();
const CommandInfo& tls_info();
const CommandInfo& run_info();
const CommandInfo& check_info();
const CommandInfo& route_info();

/// `arguments` without the command's name. They throw UsageError before anything is started, and std::system_error with
/// a text for the user when starting fails.
ExitCode run_server(Arguments arguments);
ExitCode run_client(Arguments arguments);
ExitCode run_tcp(Arguments arguments);
ExitCode run_http(Arguments arguments);
ExitCode run_tls(Arguments arguments);
ExitCode run_run(Arguments arguments);
ExitCode run_check(Arguments arguments);
ExitCode run_route(Arguments arguments);
ExitCode run_token();

/// Where HTTP is if nobody says otherwise and the port is free.
inline constexpr const char* default_http_bind = "0.0.0.0:8080";

/// The parts that commands run. What is not right goes to `problems`; then the part must not be started.
std::unique_ptr<Part> make_server_part(const Sources& sources, Signals& signals, Problems& problems);
std::unique_ptr<Part> make_client_part(const Sources& sources, Signals& signals, Problems& problems);
/// The same problems as those of making the part, without making anything on disk. There is none for a client, whose
/// part makes nothing.
void check_server_part(const Sources& sources, Signals& signals, Problems& problems);

}  // namespace ferrotunnel::cli
