// The completion of fish 3.0 and newer.
#include <fmt/format.h>

#include "completion_table.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view fish_functions = R"fish(
# Whether this command is being completed: "", "services" or "services add".
function __ferrotunnel_at
    set -l said (commandline -opc)
    set -l command ''
    if set -q said[2]
        set command $said[2]
    end
    if set -q said[3]; and contains -- "$said[2] $said[3]" $__ferrotunnel_below
        set command "$said[2] $said[3]"
    end
    test "$command" = "$argv[1]"
end

# Asks the running programs.
function __ferrotunnel_ask
    set -l said (commandline -opc)
    set -l program (string replace -r '^~/' "$HOME/" -- $said[1])
    set -l control
    set -l before ''
    for word in $said
        if string match -q -- '--control=*' $word
            set control --control (string replace -- '--control=' '' $word)
        else if test "$before" = --control
            set control --control $word
        end
        set before $word
    end
    $program complete $argv[1] $control 2>/dev/null </dev/null
end

complete -c ferrotunnel -f
)fish";

std::string fish_quoted(std::string_view text) {
    std::string made = "'";
    for (const char c : text) {
        made += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
    }
    return made + '\'';
}

// The arguments of `complete` for a value or an operand.
std::string fish_choices(const Choices& choices) {
    std::string offered = in_one_line(choices.words);
    if (choices.kind == ValueKind::folder) {
        offered += " (__fish_complete_directories)";
    } else if (choices.kind != ValueKind::other && choices.kind != ValueKind::file) {
        offered += fmt::format(" (__ferrotunnel_ask {})", word_for(choices.kind));
    }
    const bool has_files = choices.kind == ValueKind::file || choices.kind == ValueKind::socket;
    return std::string(has_files ? " -F" : "") + (offered.empty() ? "" : " -a " + fish_quoted(offered));
}

std::string fish_lines(const CompletedCommand& command) {
    const std::string begin =
        fmt::format("complete -c ferrotunnel -n {}", fish_quoted("__ferrotunnel_at " + fish_quoted(command.path)));
    std::string lines;
    if (!command.choices.empty()) {
        lines += begin + fish_choices(command.choices) + '\n';
    }
    for (const CompletedOption& option : command.options) {
        const std::string letter = option.letter == 0 ? "" : fmt::format(" -s {}", option.letter);
        lines += fmt::format("{} -l {}{}{}{} -d {}\n", begin, option.name, letter, option.value.empty() ? "" : " -r",
                             fish_choices(option.choices), fish_quoted(option.text));
    }
    return lines;
}

}  // namespace

std::string fish_completion(const std::vector<CommandGroup>& groups) {
    std::string below;
    std::string lines;
    for (const CompletedCommand& command : completion_table(groups)) {
        if (command.path.empty()) {
            continue;  // its words have descriptions, below
        }
        if (command.path.find(' ') != std::string::npos) {
            below += ' ' + fish_quoted(command.path);
        } else {
            lines += fmt::format("complete -c ferrotunnel -n '__ferrotunnel_at \"\"' -a {} -d {}\n", command.path,
                                 fish_quoted(command.text));
        }
        lines += fish_lines(command);
    }
    return fmt::format(
        "# Completion of ferrotunnel for fish, printed by `ferrotunnel completion fish`.\n\n"
        "set -g __ferrotunnel_below{}\n{}{}",
        below, fish_functions, lines);
}

}  // namespace ferrotunnel::cli
