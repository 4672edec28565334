// Options that other tunnels have: who moves here is told what they are called, instead of what looks like them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli {

/// The one of `known` that says the same, "--host"; empty: there is none.
std::string here_called(std::string_view option, const std::vector<std::string>& known);

}  // namespace ferrotunnel::cli
