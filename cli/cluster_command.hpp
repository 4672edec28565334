// `ferrotunnel cluster`: the key that the members of a cluster share, and the members of a running server.
#pragma once

#include "arguments.hpp"
#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

const CommandInfo& cluster_info();
ExitCode run_cluster(Arguments arguments);

}  // namespace ferrotunnel::cli
