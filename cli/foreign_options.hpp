// Options of other tunnels: users who come from there are told what such an option is called here, instead of what
// looks like it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli {

/// The one of `known` that means the same as `option`, like "--host"; empty: there is none.
std::string here_called(std::string_view option, const std::vector<std::string>& known);

}  // namespace ferrotunnel::cli
