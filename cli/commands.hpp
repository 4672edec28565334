// The commands of the program, one function each.
#pragma once

#include <functional>
#include <memory>
#include <string>

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
const CommandInfo& udp_info();
const CommandInfo& visit_info();
const CommandInfo& http_info();
const CommandInfo& tls_info();
const CommandInfo& files_info();
const CommandInfo& exit_info();
const CommandInfo& run_info();
const CommandInfo& check_info();
const CommandInfo& doctor_info();
const CommandInfo& init_info();
const CommandInfo& import_info();
const CommandInfo& schema_info();
const CommandInfo& route_info();
const CommandInfo& login_info();
const CommandInfo& token_info();
const CommandInfo& trust_info();
const CommandInfo& version_info();

/// Run the commands. `arguments` do not contain the command's name. Throw UsageError before anything is started, and
/// std::system_error, with a text for the user, when starting fails.
ExitCode run_server(Arguments arguments);
ExitCode run_client(Arguments arguments);
ExitCode run_tcp(Arguments arguments);
ExitCode run_udp(Arguments arguments);
ExitCode run_visit(Arguments arguments);
ExitCode run_http(Arguments arguments);
ExitCode run_tls(Arguments arguments);
ExitCode run_files(Arguments arguments);
ExitCode run_exit(Arguments arguments);
ExitCode run_run(Arguments arguments);
ExitCode run_check(Arguments arguments);
ExitCode run_doctor(Arguments arguments);
ExitCode run_init(Arguments arguments);
ExitCode run_import(Arguments arguments);
ExitCode run_schema(Arguments arguments);
ExitCode run_route(Arguments arguments);
ExitCode run_login(Arguments arguments);
ExitCode run_token(Arguments arguments);
ExitCode run_trust(Arguments arguments);
ExitCode run_version(Arguments arguments);

/// Make the parts that commands run. Mistakes are added to `problems`; then the part must not be started.
std::unique_ptr<Part> make_server_part(const Sources& sources, Signals& signals, Problems& problems);
std::unique_ptr<Part> make_client_part(const Sources& sources, Signals& signals, Problems& problems);
/// A function like these.
using PartMaker = std::function<std::unique_ptr<Part>(const Sources& sources, Signals& signals, Problems& problems)>;
/// Runs a command with one part, which its options and a section of the configuration, if there is one, define. Throws
/// like the commands.
ExitCode run_part(Arguments arguments, const CommandInfo& info, const std::string& section, const PartMaker& make);
/// Finds the problems that make_server_part would find, but writes nothing to disk. A client needs no such function:
/// making its part writes nothing either.
void check_server_part(const Sources& sources, Signals& signals, Problems& problems);
/// Finds the problems of all sections that `run` would find before it starts anything.
void check_config(const Options& options, Arguments& arguments, const Config& config, Problems& problems);

}  // namespace ferrotunnel::cli
