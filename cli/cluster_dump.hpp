// `ferrotunnel cluster export` and `import`: a backup of what the servers of a cluster share.
#pragma once

#include <string>
#include <vector>

#include "exit_code.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

const CommandInfo& cluster_export_info();
const CommandInfo& cluster_import_info();
ExitCode run_cluster_export(std::vector<std::string> words);
ExitCode run_cluster_import(std::vector<std::string> words);

}  // namespace ferrotunnel::cli
