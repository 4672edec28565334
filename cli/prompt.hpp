// Asks for a secret on the terminal.
#pragma once

#include <optional>
#include <string>

#include "ferrotunnel/secret.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

/// Whether both the standard input and the standard error stream are terminals, so that a question can be asked.
bool can_prompt();

/// Asks the question and reads one line without echo. Empty if the line is empty, or ended by Ctrl-D or a signal. The
/// terminal's settings are restored.
std::optional<Secret> prompt_for_secret(const std::string& question, Signals& signals);

/// Reads one line of at most 4096 bytes from a standard input that is not a terminal. Empty if it is a terminal, or
/// empty, or a signal ends the wait.
std::optional<Secret> piped_secret(Signals& signals);

}  // namespace ferrotunnel::cli
