// One command of the program: its name, its description and its function.
#pragma once

#include <string_view>

#include "arguments.hpp"
#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// The group of commands that --help lists by their names only.
inline constexpr std::string_view other_group = "Also";

struct Command {
    std::string_view group;  // its group in --help
    std::string_view name;
    const CommandInfo& (*info)();  // made only when needed, since it stays in memory
    /// `arguments` do not contain the command's name. Throws UsageError; std::runtime_error with a text for the user.
    ExitCode (*run)(Arguments arguments);
};

}  // namespace ferrotunnel::cli
