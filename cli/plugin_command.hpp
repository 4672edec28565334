// `ferrotunnel plugin`: lists plugins, checks one, and writes a new one.
#pragma once

#include <string>
#include <vector>

#include "arguments.hpp"
#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// For the list of commands, and for the variables of its options.
const CommandInfo& plugin_info();

/// `arguments` do not contain the command's name. Throws UsageError.
ExitCode run_plugin(Arguments arguments);

/// A file of a new plugin.
struct PluginSource {
    std::string name;
    std::string text;
};

/// The files of a plugin with this name: small letters, digits and '-', beginning with a letter.
std::vector<PluginSource> new_plugin(const std::string& name);

}  // namespace ferrotunnel::cli
