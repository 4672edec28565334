#include "completion_table.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

#include "ferrotunnel/detail/shell_text.hpp"
#include "value_words.hpp"

namespace ferrotunnel::cli {
namespace {

// The brief text of an option, or else its first sentence.
std::string line_about(const OptionInfo& option) {
    const std::string& text = option.brief.empty() ? option.help : option.brief;
    for (std::size_t end = text.find(". "); end != std::string::npos; end = text.find(". ", end + 1)) {
        const bool begins_sentence = end + 2 < text.size() && text[end + 2] >= 'A' && text[end + 2] <= 'Z';
        if (begins_sentence) {
            return text.substr(0, end);
        }
    }
    return text.ends_with('.') ? text.substr(0, text.size() - 1) : text;
}

CompletedOption completed_help() {
    return {"help", 'h', "", "Explain the command; `all` after it: all its options", false, {}};
}

std::vector<CompletedOption> completed_options(const CommandInfo& command) {
    std::vector<CompletedOption> options;
    for (const OptionSection& section : command.sections) {
        for (const OptionInfo& option : section.options) {
            options.push_back({option.name,
                               option.letter,
                               option.value,
                               line_about(option),
                               option.repeatable,
                               {words_of(option), kind_of(option)}});
        }
    }
    options.push_back(completed_help());
    return options;
}

void add_completed(const CommandInfo& command, std::vector<CompletedCommand>& table) {
    CompletedCommand made{command.name, command.summary, command.operand, {}, completed_options(command)};
    std::vector<CompletedCommand> below;
    for (const CommandInfo& (*info)() : command.below) {
        add_completed(info(), below);
    }
    made.choices.kind = command.operand_kind;
    for (const OperandChoice& choice : choices_of(command.operand)) {
        const ValueKind kind = kind_named(choice.value);
        if (choice.word.empty()) {
            made.choices.kind = made.choices.kind == ValueKind::other ? kind : made.choices.kind;
            continue;
        }
        made.choices.words.push_back(choice.word);
        const std::string path = command.name + ' ' + choice.word;
        if (std::ranges::find(below, path, &CompletedCommand::path) == below.end()) {
            below.push_back({path, command.summary, choice.value, {{}, kind}, made.options});
        }
    }
    table.push_back(std::move(made));
    std::ranges::move(below, std::back_inserter(table));
}

}  // namespace

std::vector<CompletedCommand> completion_table(const std::vector<CommandGroup>& groups) {
    std::vector<CompletedCommand> table(2);
    std::vector<std::string> names;
    for (const CommandGroup& group : groups) {
        for (const CommandInfo* command : group.commands) {
            add_completed(*command, table);
            names.push_back(command->name);
        }
    }
    table[1] = {"help", "explain a command", "[COMMAND]", {names, ValueKind::other}, {}};
    for (CompletedCommand& command : table) {
        if (command.operand == "[COMMAND]") {  // such as `man`
            command.choices.words = names;
        }
    }
    names.emplace_back("help");
    table[0] = {"", "", "COMMAND", {std::move(names), ValueKind::other}, {completed_help()}};
    table[0].options.push_back({"version", 0, "", "Print the version", false, {}});
    return table;
}

std::string_view word_for(ValueKind kind) {
    switch (kind) {
        case ValueKind::file:
            return "files";
        case ValueKind::folder:
            return "folders";
        case ValueKind::service:
            return "services";
        case ValueKind::client:
            return "clients";
        case ValueKind::token:
            return "tokens";
        case ValueKind::host:
            return "hosts";
        case ValueKind::socket:
            return "sockets";
        case ValueKind::other:
            break;
    }
    return {};
}

std::string in_one_line(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) {
        text += (text.empty() ? "" : " ") + word;
    }
    return text;
}

std::string in_quotes(std::string_view text) {
    return detail::in_shell_quotes(std::string(text));
}

}  // namespace ferrotunnel::cli
