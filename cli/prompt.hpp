// Asks for a secret on the terminal.
#pragma once

#include <optional>
#include <string>

#include "ferrotunnel/secret.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

/// Both the standard input and the standard error stream are a terminal, so that a question can be seen and answered.
bool can_prompt();

/// One line without echo. Nothing when it is empty, or ended by Ctrl-D or a signal. The terminal is left as it was.
std::optional<Secret> prompt_for_secret(const std::string& question, Signals& signals);

}  // namespace ferrotunnel::cli
