// `ferrotunnel tokens add`, `rights` and `remove`: tokens that all servers of a cluster accept.
#pragma once

#include <string>
#include <vector>

#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

const CommandInfo& tokens_add_info();
const CommandInfo& tokens_rights_info();
const CommandInfo& tokens_remove_info();

/// Whether the words behind `tokens` are one of these commands.
bool is_token_command(const std::vector<std::string>& words);
ExitCode run_token_command(std::vector<std::string> words);

}  // namespace ferrotunnel::cli
