// Which running programs a command asks, by their control sockets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ferrotunnel/control.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// The options of every command that asks a running program.
OptionSection asking_section();

/// The programs that are meant: the one of --control, or else all of `side` that are found; "": of both sides. Throws
/// std::runtime_error with words for the user where there is none.
std::vector<ControlProgram> wanted_programs(const Options& options, std::string_view side);
/// The only one that is meant. A server and a client in one process are one program, which `whole_program` wants.
/// Throws std::runtime_error, with the choice, where there are several.
ControlProgram wanted_program(const Options& options, std::string_view side, bool whole_program = false);

}  // namespace ferrotunnel::cli
