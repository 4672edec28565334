// Hints for users who type commands or options of other tunnels.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::cli {

/// What to type instead of `words`, a command line of another tunnel or a file's name in the place of a command, as a
/// part of a sentence. Empty if it resembles none.
std::string equivalent_command(const std::vector<std::string>& words);

/// What is done here with a file of that name, as a part of a sentence. Empty if it is not the name of a configuration
/// file.
std::string here_run(const std::string& word);

/// The option of `known` with the meaning of `option`, like "--host"; empty if there is none.
std::string equivalent_option(std::string_view option, const std::vector<std::string>& known);

}  // namespace ferrotunnel::cli
