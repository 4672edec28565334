// Finds the running programs that a command addresses, by their control sockets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/control.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// The options of every command that addresses a running program.
OptionSection target_section();
/// The same, and --server, for commands that can also address another server of a cluster.
OptionSection member_target_section();

/// The addressed programs: the one of --control, or all of `side` that are found; "": of both sides. Throws
/// std::runtime_error with a text for the user if there are none.
std::vector<ControlProgram> selected_programs(const Options& options, std::string_view side);
/// The only addressed program. With `whole_program`, a server and a client in one process count as one. Throws
/// std::runtime_error that lists the choices if there are several.
ControlProgram selected_program(const Options& options, std::string_view side, bool whole_program = false);

/// Requests to the program; with --server, through it to that member of its cluster.
Control control_of(const ControlProgram& program, const Options& options);
/// The addressed program in output: its socket, and the member of --server.
std::string target_text(const ControlProgram& program, const Options& options);

}  // namespace ferrotunnel::cli
