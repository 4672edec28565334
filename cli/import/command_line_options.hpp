// Parses the words of another tool's command line by a table of its options.
#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "draft.hpp"

namespace ferrotunnel::cli::importing::command_line {

/// Whether an option has a value. `optional`: only after "=", as in `--inspect=false`.
enum class Takes { nothing, value, optional };

/// What becomes of an option. `guard`: it has no equivalent and restricted who may visit, so that what it protected
/// must not be offered without it. `secret`: used, and neither a comment nor a message may have its value.
enum class Fate { used, secret, not_needed, lost, guard };

struct OptionRow {
    std::string_view names;  // "--hostname --domain -d"; the first one is its name in `Words`
    Takes takes = Takes::value;
    Fate fate = Fate::used;
    std::string_view why = {};      // it is lost, or not needed
    std::string_view instead = {};  // what to do; may be empty
};

/// How options with one dash are read: as in Go (`-subdomain=x` is `--subdomain=x`), or as letters (`-fNR 80:...`).
enum class Dashes { names, letters };

struct Grammar {
    std::string_view command;  // what lists of lost options call it: "ngrok http"
    std::span<const OptionRow> rows;
    Dashes dashes = Dashes::names;
    std::size_t operands_max = 1;
};

struct Operand {
    std::string text;
    bool follows_unknown = false;  // perhaps the value of an option without a row
};

/// An option as the user wrote it.
struct Given {
    const OptionRow* row;
    std::string name;   // as written: "-d"
    std::string value;  // empty: none
};

/// The words of one command line. Options that are lost or unknown are reported as soon as it is made; those that
/// nothing has read, by `lose_rest`.
class Words {
public:
    Words(std::span<const std::string> words, const Grammar& grammar, Draft& draft);

    const std::vector<std::string>& operands() const { return operands_; }

    bool has(std::string_view name) const;
    /// The last value of an option, which is then read.
    std::optional<std::string> text(std::string_view name);
    std::vector<std::string> texts(std::string_view name);
    /// All of several options in the order in which they were given, which are then read.
    std::vector<Given> all(std::string_view names);
    /// Whether a switch is on: `--x`, `--x=true`. Empty if it was not given.
    std::optional<bool> flag(std::string_view name);

    /// The place of an option: its name, with its value unless that is a secret.
    Origin origin(std::string_view name) const;
    static Origin origin(const Given& given);

    /// The options that restricted visitors and are lost.
    const std::vector<Origin>& guards() const { return guards_; }
    void add_guard(Origin origin) { guards_.push_back(std::move(origin)); }

    /// Reports an option that was given as lost.
    void lose(std::string_view name, std::string_view why, std::string_view instead = {});

    /// Reports the options that have no effect on this command, and operands that it does not have.
    void lose_rest();

private:
    Origin command() const { return {std::string(grammar_.command), 0, {}}; }
    bool read_option(std::span<const std::string> words, std::size_t& at);
    void read_letters(std::span<const std::string> words, std::size_t& at);
    void read_value(const OptionRow& row, std::string name, std::optional<std::string> value,
                    std::span<const std::string> words, std::size_t& at);
    void keep(const OptionRow& row, std::string name, std::string value);
    void lose_unknown(const std::string& name);
    void settle_operands(std::vector<Operand> found);

    const Grammar grammar_;
    Draft& draft_;
    std::vector<Given> given_;
    std::vector<std::string> operands_;
    std::vector<std::string> extra_operands_;
    std::vector<Origin> guards_;
    std::set<const OptionRow*> read_;
};

}  // namespace ferrotunnel::cli::importing::command_line
