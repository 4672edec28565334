// `ferrotunnel audit`: verifies the audit log of a server.
#pragma once

#include "arguments.hpp"
#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

const CommandInfo& audit_info();
ExitCode run_audit(Arguments arguments);

}  // namespace ferrotunnel::cli
