// The options of one command: declared once, read from the command line and the environment, listed by --help.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "problems.hpp"

namespace ferrotunnel::cli {

/// One option. The environment variable is made from the name: "tcp-bind" is FERROTUNNEL_TCP_BIND.
struct OptionInfo {
    std::string name;    // without dashes
    std::string value;   // what help calls its value, "HOST:PORT"; empty: a flag
    std::string brief;   // its line in --help, without a full stop; empty: only --help all lists it
    std::string help{};  // whole sentences, for --help all; empty: the brief says everything
    bool repeatable = false;
    char letter = 0;  // of its short form; 0: it has none
};

struct OptionSection {
    std::string title;
    std::vector<OptionInfo> options;
};

/// What a command takes, and what its help says.
struct CommandInfo {
    std::string name;     // "server"
    std::string summary;  // one line
    std::string operand;  // what help calls the word without dashes, if the command takes one; "[add|remove]": a choice
    std::string examples;
    std::vector<OptionSection> sections;
    enum class Kind { server, client, both, login, check, init, print, route, plugin, ask };
    Kind kind = Kind::client;  // which signals and exit codes it has
};

/// The options that the user gave. The command line hides the environment, the last of several values hides those
/// before it, and an empty variable counts as not set. Everything that is not right is added to `problems`, under the
/// name by which the user knows it.
class Options {
public:
    explicit Options(const CommandInfo& command) : command_(command) {}

    const CommandInfo& command() const noexcept { return command_; }

    /// Reads the words after the command's name. Those that ask for help are handled by parse_or_help (help.hpp).
    void parse(std::vector<std::string> words, Problems& problems);

    bool has(std::string_view name) const { return values_.contains(name); }
    bool from_environment(std::string_view name) const;
    /// "--bind" or "FERROTUNNEL_BIND", depending on where its value came from.
    std::string place_of(std::string_view name) const;
    const std::optional<std::string>& operand() const { return operand_; }

    std::optional<std::string> text(std::string_view name) const;
    /// All values of a repeatable option; a variable may have several with commas or blanks between them.
    std::vector<std::string> list(std::string_view name) const;
    bool flag(std::string_view name, Problems& problems) const;
    std::optional<std::size_t> number(std::string_view name, std::size_t max, Problems& problems) const;
    /// A time, as configuration files have it: "30s", "500ms"; without a unit it is seconds.
    std::optional<std::chrono::milliseconds> time(
        std::string_view name, Problems& problems,
        std::chrono::milliseconds most = std::chrono::milliseconds(10'000'000'000)) const;
    /// The value if it is one of `choices`, else nothing.
    std::optional<std::string> choice(std::string_view name, const std::vector<std::string>& choices,
                                      Problems& problems) const;

private:
    struct Value {
        std::vector<std::string> texts;
        bool from_environment = false;
    };

    void read_words(std::vector<std::string>& words, Problems& problems);
    void read_environment();
    void report_extras(const std::vector<std::string>& extras, Problems& problems) const;
    void check_values(Problems& problems) const;

    const CommandInfo& command_;
    std::map<std::string, Value, std::less<>> values_;
    std::optional<std::string> operand_;
};

/// The environment variable of an option: "FERROTUNNEL_TCP_BIND" for "tcp-bind".
std::string variable_of(std::string_view option);

/// Sentences about variables that look like a misspelt one of a command, each with the name that was probably meant.
/// `others` is asked only for variables that `own`, the command that runs, does not have.
std::vector<std::string> misspelt_variables(const CommandInfo& own, std::vector<const CommandInfo*> (*others)(),
                                            const char* const* environment);

}  // namespace ferrotunnel::cli
