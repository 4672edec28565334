// The completion of bash 4.2 and newer, which needs nothing else installed.
#include <fmt/format.h>

#include "completion_table.hpp"

namespace ferrotunnel::cli {
namespace {

// Bash divides words at `=` and `:` too; they are joined here, and what bash regards as another word is
// removed from the answers.
constexpr std::string_view bash_functions =
    R"sh(# Sets `said` to the words up to the cursor, the last of them as far as it is there.
_ferrotunnel_words() {
    local line=${COMP_LINE:0:COMP_POINT} rest word i
    said=()
    for ((i = 0; i <= COMP_CWORD; ++i)); do
        rest=${line#"${line%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        ((i < COMP_CWORD)) || word=$rest
        if ((i > 0)) && [[ $rest == "$line" ]]; then
            said[${#said[@]} - 1]+=$word
        else
            said+=("$word")
        fi
        line=${rest#"$word"}
    done
}

# Reads the words between the command and the last one. Sets `option` if the last one is its value.
_ferrotunnel_options() {
    local i=$at word
    while ((i < last)); do
        word=${said[i]}
        case $word in
            --control=*) control=${word#*=} ;;
            --control) ((i + 1 == last)) || control=${said[i + 1]} ;;
        esac
        if [[ $word == -* && " $values " == *" $word "* ]]; then
            ((i + 1 < last)) || option=$word
            i=$((i + 2))
        else
            [[ $word == -* ]] || given=1
            i=$((i + 1))
        fi
    done
    if [[ -z $option && $cur == --*=* ]]; then
        option=${cur%%=*}
        cur=${cur#*=}
    fi
}

# Asks the running programs.
_ferrotunnel_ask() {
    local program=${COMP_WORDS[0]}
    [[ $program != '~/'* ]] || program=$HOME/${program#'~/'}
    "$program" complete "$1" ${control:+--control "$control"} 2>/dev/null </dev/null
}

# Adds what begins with $cur to `found`.
_ferrotunnel_find() {
    [[ -z $words ]] || mapfile -t found < <(compgen -W "$words" -- "$cur")
    case $kind in
        files | sockets)
            compopt -o filenames 2>/dev/null
            mapfile -t -O ${#found[@]} found < <(compgen -f -- "$cur")
            ;;
        folders)
            compopt -o filenames 2>/dev/null
            mapfile -t -O ${#found[@]} found < <(compgen -d -- "$cur")
            ;;
    esac
    case $kind in
        '' | files | folders) ;;
        *) mapfile -t -O ${#found[@]} found < <(compgen -W "$(_ferrotunnel_ask "$kind")" -- "$cur") ;;
    esac
}

_ferrotunnel() {
    local -a said=() found=()
    _ferrotunnel_words
    local last=$((${#said[@]} - 1)) command='' at=1
    local cur=${said[last]} flags='' values='' words='' kind='' option='' control='' given=''
    if ((last > 1)); then
        command=${said[1]} at=2
    fi
    if ((last > 2)) && _ferrotunnel_table "$command ${said[2]}" ''; then
        command="$command ${said[2]}" at=3
    fi
    _ferrotunnel_table "$command" '' || return 0
    _ferrotunnel_options
    if [[ -n $option ]]; then
        words='' kind=''
        _ferrotunnel_table "$command" "$option"
    elif [[ $cur == -* || -n $given || -z $words$kind ]]; then
        words="$flags $values" kind=''
    fi
    _ferrotunnel_find
    local breaks=${COMP_WORDBREAKS//[^:=]/} before=''
    if [[ -n $breaks && $cur == *["$breaks"]* ]]; then
        before=${cur%"${cur##*["$breaks"]}"}
    fi
    COMPREPLY=("${found[@]#"$before"}")
}

complete -F _ferrotunnel ferrotunnel
)sh";

std::string bash_assignments(const Choices& choices) {
    const std::string words = choices.words.empty() ? "" : "words=" + in_quotes(in_one_line(choices.words));
    const std::string kind = choices.kind == ValueKind::other ? "" : fmt::format("kind={}", word_for(choices.kind));
    return words + (words.empty() || kind.empty() ? "" : " ") + kind;
}

// The case of the table for a command.
std::string bash_case(const CompletedCommand& command) {
    std::vector<std::string> flags;
    std::vector<std::string> values;
    std::string cases;
    for (const CompletedOption& option : command.options) {
        const std::string letter = option.letter == 0 ? "" : std::string{'-', option.letter};
        std::vector<std::string>& names = option.value.empty() ? flags : values;
        names.push_back("--" + option.name);
        if (!letter.empty()) {
            names.push_back(letter);
        }
        if (!option.choices.empty()) {
            cases += fmt::format("                --{}{}) {} ;;\n", option.name, letter.empty() ? "" : " | " + letter,
                                 bash_assignments(option.choices));
        }
    }
    if (!command.choices.empty()) {
        cases += fmt::format("                '') {} ;;\n", bash_assignments(command.choices));
    }
    return fmt::format("        {})\n            flags={}\n            values={}\n{}            ;;\n",
                       in_quotes(command.path), in_quotes(in_one_line(flags)), in_quotes(in_one_line(values)),
                       cases.empty() ? "" : "            case $2 in\n" + cases + "            esac\n");
}

}  // namespace

std::string bash_completion(const std::vector<CommandGroup>& groups) {
    std::string cases;
    for (const CompletedCommand& command : completion_table(groups)) {
        cases += bash_case(command);
    }
    return fmt::format(
        "# Completion of ferrotunnel for bash, printed by `ferrotunnel completion bash`.\n\n"
        "# _ferrotunnel_table COMMAND OPTION: the options of the command without and with a value, and what may be "
        "the\n"
        "# value of the option, or the operand if that is empty. Fails if there is no such command.\n"
        "_ferrotunnel_table() {{\n    flags='' values=''\n    case $1 in\n{}        *) return 1 ;;\n    esac\n}}\n\n{}",
        cases, bash_functions);
}

}  // namespace ferrotunnel::cli
