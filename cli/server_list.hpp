// The servers of a client at the shell: one address, or several.
#pragma once

#include <string>
#include <vector>

#include "options.hpp"

namespace ferrotunnel::cli {

/// The values of --server, which may be repeated or separated by commas, as the user wrote them.
std::vector<std::string> servers_of(const Options& options);

/// All of them in one text: "a, b"; empty if there are none.
std::string servers_text(const std::vector<std::string>& servers);

}  // namespace ferrotunnel::cli
