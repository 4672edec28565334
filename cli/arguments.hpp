// The command line, with its secrets removed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli {

/// The words after the program's name. The value of `--token` is only in `token`: in `words`, and in the memory that
/// the process list shows, it is replaced by asterisks, so neither a message nor `ps` can repeat it. Any other word
/// that has the form of a token or cluster key is replaced too: it comes from a mistake like `--tokn ft1_...`. What
/// follows `import -- PROGRAM` is the command line of another program, whose secrets have other names: `words` has it
/// unchanged, and all of it is replaced in that memory.
struct Arguments {
    std::vector<std::string> words;
    std::optional<Secret> token;
    std::optional<Secret> join;  // a join string, which contains a token
};

Arguments take_arguments(int argc, char** argv);

}  // namespace ferrotunnel::cli
