// The command line, with secrets taken out of it before anything else looks at it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli {

/// The words after the program's name. The value of `--token` is in `token` alone: in `words`, and in the memory that
/// the process list shows, asterisks stand in its place, so that neither a message nor `ps` can repeat it. Any other
/// word that has the form of a token is replaced by asterisks too: it comes from a mistake like `--tokn ft1_...`.
struct Arguments {
    std::vector<std::string> words;
    std::optional<Secret> token;
    std::optional<Secret> join;  // a join string, which has a token in it
};

Arguments take_arguments(int argc, char** argv);

}  // namespace ferrotunnel::cli
