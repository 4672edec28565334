#include "command_line_options.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::cli::importing::command_line {
namespace {

std::string_view first_name(const OptionRow& row) {
    return row.names.substr(0, row.names.find(' '));
}

bool is_among(std::string_view names, std::string_view name) {
    while (!names.empty()) {
        const std::size_t space = std::min(names.find(' '), names.size());
        if (names.substr(0, space) == name) {
            return true;
        }
        names.remove_prefix(std::min(space + 1, names.size()));
    }
    return false;
}

const OptionRow* row_of(std::span<const OptionRow> rows, std::string_view name) {
    const auto found = std::ranges::find_if(rows, [&](const OptionRow& row) { return is_among(row.names, name); });
    return found == rows.end() ? nullptr : &*found;
}

bool is_no(std::string_view value) {
    return value == "false" || value == "0" || value == "no" || value == "off";
}

}  // namespace

Words::Words(std::span<const std::string> words, const Grammar& grammar, Draft& draft)
    : grammar_(grammar), draft_(draft) {
    std::vector<Operand> found;
    bool follows_unknown = false;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::string& word = words[at];
        if (word == "--") {
            for (++at; at < words.size(); ++at) {
                found.push_back({words[at]});
            }
        } else if (word.size() < 2 || word.front() != '-') {
            found.push_back({word, follows_unknown});
            follows_unknown = false;
        } else if (grammar_.dashes == Dashes::letters && word[1] != '-') {
            read_letters(words, at);
            follows_unknown = false;
        } else {
            follows_unknown = !read_option(words, at);
        }
    }
    settle_operands(std::move(found));
}

// Reads an option that is one word or two. False if no row has it.
bool Words::read_option(std::span<const std::string> words, std::size_t& at) {
    const std::string& word = words[at];
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const OptionRow* row = row_of(grammar_.rows, name);
    if (row == nullptr && name[1] != '-') {
        row = row_of(grammar_.rows, "-" + name);
    }
    if (row != nullptr) {
        read_value(*row, name, equals == std::string::npos ? std::nullopt : std::optional(word.substr(equals + 1)),
                   words, at);
        return true;
    }
    row = name[1] == '-' ? nullptr : row_of(grammar_.rows, name.substr(0, 2));
    if (row != nullptr && row->takes == Takes::value) {  // -p80
        keep(*row, name.substr(0, 2), word.substr(2));
        return true;
    }
    lose_unknown(name);
    return equals != std::string::npos;  // its value is known to be its own
}

// Reads letters behind one dash, of which the last may have a value: -fNR 80:localhost:80, -p22.
void Words::read_letters(std::span<const std::string> words, std::size_t& at) {
    const std::string letters = words[at];
    for (std::size_t i = 1; i < letters.size(); ++i) {
        const std::string name{'-', letters[i]};
        const OptionRow* row = row_of(grammar_.rows, name);
        if (row == nullptr) {
            lose_unknown(name);
        } else if (row->takes == Takes::value) {
            const std::string rest = letters.substr(i + 1);
            read_value(*row, name, rest.empty() ? std::nullopt : std::optional(rest), words, at);
            return;
        } else {
            keep(*row, name, {});
        }
    }
}

void Words::read_value(const OptionRow& row, std::string name, std::optional<std::string> value,
                       std::span<const std::string> words, std::size_t& at) {
    if (!value && row.takes == Takes::value && at + 1 < words.size()) {
        value = words[++at];
    }
    keep(row, std::move(name), value.value_or(""));
}

void Words::keep(const OptionRow& row, std::string name, std::string value) {
    const bool is_off = row.takes != Takes::value && is_no(value);
    if ((row.fate == Fate::lost || row.fate == Fate::guard) && !is_off) {
        draft_.lose(command(), name, row.why, row.instead);
        if (row.fate == Fate::guard) {
            guards_.push_back({name, 0, {}});
        }
    }
    if (row.fate == Fate::not_needed) {
        draft_.skip(command(), name, row.why);
    }
    given_.push_back({&row, std::move(name), std::move(value)});
}

void Words::lose_unknown(const std::string& name) {
    draft_.lose(command(), name, "this program does not know the option", "configure its effect by hand");
}

// What follows an option without a row may be its value: where there are too many operands, it is.
void Words::settle_operands(std::vector<Operand> found) {
    std::size_t count = found.size();
    for (Operand& operand : found) {
        if (count > grammar_.operands_max && operand.follows_unknown) {
            --count;
        } else if (operands_.size() < grammar_.operands_max) {
            operands_.push_back(std::move(operand.text));
        } else {
            extra_operands_.push_back(std::move(operand.text));
        }
    }
}

bool Words::has(std::string_view name) const {
    return std::ranges::any_of(given_, [&](const Given& each) { return first_name(*each.row) == name; });
}

std::vector<Given> Words::all(std::string_view names) {
    std::vector<Given> found;
    for (const Given& each : given_) {
        if (is_among(names, first_name(*each.row))) {
            read_.insert(each.row);
            found.push_back(each);
        }
    }
    return found;
}

std::vector<std::string> Words::texts(std::string_view name) {
    std::vector<std::string> values;
    for (Given& each : all(name)) {
        values.push_back(std::move(each.value));
    }
    return values;
}

std::optional<std::string> Words::text(std::string_view name) {
    std::vector<std::string> values = texts(name);
    return values.empty() || values.back().empty() ? std::nullopt : std::optional(std::move(values.back()));
}

std::optional<bool> Words::flag(std::string_view name) {
    const std::vector<std::string> values = texts(name);
    return values.empty() ? std::nullopt : std::optional(!is_no(values.back()));
}

Origin Words::origin(const Given& given) {
    return {given.name, 0, given.row->fate == Fate::secret ? std::string() : given.value};
}

Origin Words::origin(std::string_view name) const {
    for (auto each = given_.rbegin(); each != given_.rend(); ++each) {
        if (first_name(*each->row) == name) {
            return origin(*each);
        }
    }
    return {std::string(name), 0, {}};
}

void Words::lose(std::string_view name, std::string_view why, std::string_view instead) {
    draft_.lose(command(), origin(name).file, why, instead);
}

void Words::lose_rest() {
    for (const Given& each : given_) {
        const bool is_used = each.row->fate == Fate::used || each.row->fate == Fate::secret;
        if (is_used && !read_.contains(each.row)) {
            draft_.lose(command(), each.name, "the option has no meaning for this kind of tunnel");
        }
    }
    for (const std::string& word : extra_operands_) {
        // It may be anything, also a password.
        draft_.lose(command(), "a word of " + std::to_string(word.size()) + " characters",
                    "the command has no such argument");
    }
}

}  // namespace ferrotunnel::cli::importing::command_line
