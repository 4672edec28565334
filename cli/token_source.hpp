// Finds the token: on the command line, in files, in the environment, or by asking.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config_option.hpp"
#include "ferrotunnel/secret.hpp"
#include "options.hpp"
#include "problems.hpp"
#include "signals.hpp"

namespace ferrotunnel::cli {

struct FoundToken {
    Secret secret;
    std::string name;    // its file's name, which identifies it in logs; empty if it came from elsewhere
    std::string file{};  // its path
};

/// Finds the tokens. The command line overrides the environment; two sources of one kind are a problem, since it is not
/// clear which one was meant. The terminal is asked last, and only if there is no problem so far. Returns none only
/// together with a problem. A typed token is stored in `answered` for later calls; if the sources forbid asking, they
/// get it only from there.
std::vector<FoundToken> find_tokens(const Sources& sources, const std::string& question, Signals& signals,
                                    std::optional<Secret>& answered, Problems& problems);

/// Whether find_tokens has to be called. False if the file has a token that nothing overrides, or if only the file
/// counts.
bool needs_token(const Sources& sources, bool file_has_one);

/// Adds --token-file and --token to the section "Tunnel connections", after the address at its start. `several_files`:
/// for a server, which accepts several tokens.
void add_token_options(bool several_files, std::vector<OptionSection>& sections);
OptionInfo plain_token_option();

}  // namespace ferrotunnel::cli
