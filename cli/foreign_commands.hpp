// Commands of other tunnels: users who come from there are told what they type here.
#pragma once

#include <string>
#include <vector>

namespace ferrotunnel::cli {

/// What is typed here instead of `words`, a command line of another tunnel or a file's name in the place of a command:
/// a part of a sentence. Empty: it looks like none of them.
std::string here_typed(const std::vector<std::string>& words);

}  // namespace ferrotunnel::cli
