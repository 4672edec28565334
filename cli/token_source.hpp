// Where the token comes from: the command line, files, the environment, or a question on the terminal.
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
    std::string name;  // of its file, so that logs can tell several apart; empty: it came from elsewhere
};

/// Finds the tokens. The command line goes before the environment; two
/// sources of one kind are a problem, as nobody can tell which one was meant. The question is asked last, and only if
/// nothing is wrong so far. Returns none only together with a problem.
/// The answer to the question is kept in `answered`, and taken from there when the tokens are looked for again; where
/// the sources say that nobody may be asked, that is the only way to it.
std::vector<FoundToken> find_tokens(const Sources& sources, const std::string& question, Signals& signals,
                                    std::optional<Secret>& answered, Problems& problems);

/// Whether find_tokens has to be called. False if the file has a token and nobody overrides it, or if there is nothing
/// but the file.
bool needs_token(const Sources& sources, bool file_has_one);

/// Adds --token-file and --token to the section "Tunnel connections", behind the address that it begins with.
/// `several_files`: of a server, which has several tokens.
void add_token_options(bool several_files, std::vector<OptionSection>& sections);
OptionInfo plain_token_option();

}  // namespace ferrotunnel::cli
