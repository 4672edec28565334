// Hints for users who type options of other tunnels: the name here, instead of a similar spelling.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli {

/// The option of `known` with the meaning of `option`, like "--host"; empty if there is none.
std::string equivalent_option(std::string_view option, const std::vector<std::string>& known);

}  // namespace ferrotunnel::cli
