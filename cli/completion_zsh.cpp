// The completion of zsh, for a folder of $fpath or for `source`.
#include <fmt/format.h>

#include "completion_table.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view zsh_head = R"zsh(#compdef ferrotunnel
# Completion of ferrotunnel for zsh, printed by `ferrotunnel completion zsh`.

# _ferrotunnel_value KIND WORD...: these words, and names of this kind.
_ferrotunnel_value() {
    local kind=$1 result=1 expl
    local -a names
    shift
    names=("$@")
    case $kind in
        files|sockets) _files && result=0 ;;
        folders) _files -/ && result=0 ;;
    esac
    case $kind in
        ''|files|folders) ;;
        *) names+=(${(f)"$("$ferrotunnel_program" complete $kind $ferrotunnel_control 2>/dev/null </dev/null)"}) ;;
    esac
    if (( $#names )); then
        _wanted values expl value compadd -a names && result=0
    fi
    return result
}

_ferrotunnel() {
    local ferrotunnel_program=${~words[1]} command=''
    local -a ferrotunnel_control
    local -i i taken=0
    for (( i = 2; i < CURRENT; ++i )); do
        case $words[i] in
            --control=*) ferrotunnel_control=(--control "${(Q)words[i]#*=}") ;;
            --control) (( i + 1 < CURRENT )) && ferrotunnel_control=(--control "${(Q)words[i+1]}") ;;
        esac
    done
    if (( CURRENT > 2 )); then
        command=$words[2] taken=1
    fi
    if (( CURRENT > 3 )); then
        case "$words[2] $words[3]" in
)zsh";

constexpr std::string_view zsh_dispatch = R"zsh(                command="$words[2] $words[3]" taken=2
                ;;
        esac
    fi
    shift $taken words
    (( CURRENT -= taken ))
    case $command in
)zsh";

constexpr std::string_view zsh_end = R"zsh(        *) return 1 ;;
    esac
}

if [[ $funcstack[1] == _ferrotunnel ]]; then
    _ferrotunnel "$@"
else
    compdef _ferrotunnel ferrotunnel
fi
)zsh";

// `text` with backslashes in front of these characters.
std::string zsh_escaped(std::string_view text, std::string_view characters) {
    std::string made;
    for (const char c : text) {
        made += characters.find(c) != std::string_view::npos ? std::string{'\\', c} : std::string(1, c);
    }
    return made;
}

std::string zsh_action(const Choices& choices) {
    std::string action =
        " _ferrotunnel_value " + (choices.kind == ValueKind::other ? "''" : std::string(word_for(choices.kind)));
    for (const std::string& word : choices.words) {
        action += ' ' + word;
    }
    return action;
}

// The message and the action of a specification for _arguments. A single space shows the message alone.
std::string zsh_value(const std::string& name, const Choices& choices) {
    return ':' + zsh_escaped(name, ":\\") + ':' + (choices.empty() ? " " : zsh_action(choices));
}

// Without choices it has an action that offers nothing: a message would be shown instead of options.
std::string zsh_operand(const CompletedCommand& command) {
    return (command.operand.ends_with("...") ? "*:" : "::") + zsh_escaped(command.operand, ":\\") + ':' +
           zsh_action(command.choices);
}

std::string zsh_option(const CompletedOption& option) {
    const std::string text = '[' + zsh_escaped(option.text, "[]\\") + ']';
    const std::string value = option.value.empty() ? "" : zsh_value(option.value, option.choices);
    const std::string equals = option.value.empty() ? "" : "=";
    std::string names = in_quotes((option.repeatable ? "*--" : "--") + option.name + equals + text + value);
    if (option.letter != 0 && option.repeatable) {
        names += ' ' + in_quotes(fmt::format("*-{}{}{}", option.letter, text, value));
    } else if (option.letter != 0) {
        const std::string others = fmt::format("(-{} --{})", option.letter, option.name);
        names = in_quotes(others + "--" + option.name + equals + text + value) + ' ' +
                in_quotes(fmt::format("{}-{}{}{}", others, option.letter, text, value));
    }
    return names;
}

std::string zsh_case(const CompletedCommand& command) {
    std::string text = fmt::format("        {})\n            _arguments", in_quotes(command.path));
    if (!command.operand.empty()) {
        text += " \\\n                " + in_quotes(zsh_operand(command));
    }
    for (const CompletedOption& option : command.options) {
        text += " \\\n                " + zsh_option(option);
    }
    return text + "\n            ;;\n";
}

// The commands with their texts.
std::string zsh_program_case(const std::vector<CompletedCommand>& table) {
    std::string text = "        '')\n            local -a commands\n            commands=(\n";
    for (const CompletedCommand& command : table) {
        if (!command.path.empty() && command.path.find(' ') == std::string::npos) {
            text += "                " +
                    in_quotes(zsh_escaped(command.path, ":\\") + ':' + zsh_escaped(command.text, "\\")) + '\n';
        }
    }
    text += "            )\n            _arguments ': :{_describe command commands}'";
    for (const CompletedOption& option : table.front().options) {
        text += " \\\n                " + zsh_option(option);
    }
    return text + "\n            ;;\n";
}

}  // namespace

std::string zsh_completion(const std::vector<CommandGroup>& groups) {
    const std::vector<CompletedCommand> table = completion_table(groups);
    std::string below;
    std::string cases = zsh_program_case(table);
    for (const CompletedCommand& command : table) {
        if (command.path.find(' ') != std::string::npos) {
            below += (below.empty() ? "            " : "|") + in_quotes(command.path);
        }
        if (!command.path.empty()) {
            cases += zsh_case(command);
        }
    }
    return std::string(zsh_head) + below + ")\n" + std::string(zsh_dispatch) + cases + std::string(zsh_end);
}

}  // namespace ferrotunnel::cli
