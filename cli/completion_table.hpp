// What the completion of a shell offers after each command, made from the table of --help.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "help.hpp"
#include "options.hpp"

namespace ferrotunnel::cli {

/// What may follow: words, and names of a kind.
struct Choices {
    std::vector<std::string> words;
    ValueKind kind = ValueKind::other;
    bool empty() const { return words.empty() && kind == ValueKind::other; }
};

struct CompletedOption {
    std::string name;   // without dashes
    char letter = 0;    // 0: none
    std::string value;  // its name in help; empty: a flag
    std::string text;   // one line
    bool repeatable = false;
    Choices choices;
};

/// A command, or a word of its operand such as "services add".
struct CompletedCommand {
    std::string path;  // "services add"; empty: the program itself
    std::string text;  // one line
    std::string operand;
    Choices choices;  // of the operand
    std::vector<CompletedOption> options;
};

/// The program itself first, and each command before the words below it.
std::vector<CompletedCommand> completion_table(const std::vector<CommandGroup>& groups);

/// The kind in the words of `ferrotunnel complete`, "services"; "files" and "folders" for those; empty for `other`.
std::string_view word_for(ValueKind kind);

/// The words with spaces between them.
std::string in_one_line(const std::vector<std::string>& words);
/// `text` in single quotes, for bash, zsh and the sh.
std::string in_quotes(std::string_view text);

/// The scripts that a shell reads.
std::string bash_completion(const std::vector<CommandGroup>& groups);
std::string zsh_completion(const std::vector<CommandGroup>& groups);
std::string fish_completion(const std::vector<CommandGroup>& groups);

}  // namespace ferrotunnel::cli
