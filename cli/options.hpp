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

/// What a value names, for the completion of shells. Files and folders also follow from the words FILE, DIR, DIRECTORY
/// and FOLDER in the name of a value.
enum class ValueKind { other, file, folder, service, client, token, host, socket };

/// One option. The environment variable is made from the name: "tcp-bind" is FERROTUNNEL_TCP_BIND.
struct OptionInfo {
    std::string name;    // without dashes
    std::string value;   // what help calls its value, "HOST:PORT"; empty if it is a flag
    std::string brief;   // its line in --help, without a full stop; empty: listed only by --help all
    std::string help{};  // whole sentences, for --help all; empty: the brief is enough
    bool repeatable = false;
    char letter = 0;  // of its short form; 0: none
    ValueKind kind = ValueKind::other;
    std::vector<std::string> words{};  // valid values that `value` does not list, as "v1|v2" does
    bool has_variable = true;          // false: its variable is that of another command's option
};

struct OptionSection {
    std::string title;
    std::vector<OptionInfo> options;
};

/// A command's arguments and help.
struct CommandInfo {
    std::string name;     // "server"
    std::string summary;  // one line
    std::string operand;  // what help calls the word without dashes; empty if none is accepted; "[add|remove]": a
                          // choice
    std::string examples;
    std::vector<OptionSection> sections;
    enum class Kind {
        server,
        client,
        both,
        login,
        check,
        init,
        import,
        print,
        hash,
        key_file,
        route,
        plugin,
        ask,
        doctor,
        audit,
    };
    Kind kind = Kind::client;  // which signals and exit codes it has
    ValueKind operand_kind = ValueKind::other;
    std::vector<const CommandInfo& (*)()>
        below{};  // the words of the operand that are commands with options of their own
};

/// The options that the user gave. The command line overrides the environment, the last of several values overrides the
/// others, and an empty variable counts as not set. Mistakes are added to `problems`, under the name that the user
/// gave.
class Options {
public:
    explicit Options(const CommandInfo& command) : command_(command) {}

    const CommandInfo& command() const noexcept { return command_; }

    /// Reads the words after the command's name. parse_or_help (help.hpp) handles requests for help.
    void parse(std::vector<std::string> words, Problems& problems);

    bool has(std::string_view name) const { return values_.contains(name); }
    bool from_environment(std::string_view name) const;
    /// "--bind" or "FERROTUNNEL_BIND", depending on the source of its value.
    std::string place_of(std::string_view name) const;
    const std::optional<std::string>& operand() const { return operand_; }

    std::optional<std::string> text(std::string_view name) const;
    /// All values of a repeatable option; a variable may contain several, separated by commas or whitespace.
    std::vector<std::string> list(std::string_view name) const;
    bool flag(std::string_view name, Problems& problems) const;
    std::optional<std::size_t> number(std::string_view name, std::size_t max, Problems& problems) const;
    /// A time, as in configuration files: "30s", "500ms"; a number without a unit is seconds.
    std::optional<std::chrono::milliseconds> time(
        std::string_view name, Problems& problems,
        std::chrono::milliseconds most = std::chrono::milliseconds(10'000'000'000)) const;
    /// The value if it is one of the option's words, otherwise empty.
    std::optional<std::string> choice(std::string_view name, Problems& problems) const;
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

/// Sentences about variables that look like a misspelt variable of a command, each with the name that was probably
/// meant. `others` is called only if a variable does not belong to `own`, the command that runs.
std::vector<std::string> misspelt_variables(const CommandInfo& own, std::vector<const CommandInfo*> (*others)(),
                                            const char* const* environment);

}  // namespace ferrotunnel::cli
