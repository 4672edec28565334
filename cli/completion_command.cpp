// `ferrotunnel completion`, and `ferrotunnel complete`, which its scripts call for the names of what runs.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <set>
#include <string_view>
#include <utility>

#include "command_table.hpp"
#include "completion_table.hpp"
#include "control_targets.hpp"
#include "ferrotunnel/control.hpp"
#include "help.hpp"
#include "shell_commands.hpp"
#include "status_text.hpp"
#include "value_words.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto complete_patience = 1'000ms;  // for all programs together: a user waits at the prompt
constexpr std::size_t completed_names_max = 1'000;

// Names come from peers. Others than these characters would need quotes in a shell, or could run something there.
bool is_harmless(std::string_view name) {
    const auto is_plain = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("._:@+/-,").find(c) != std::string_view::npos;
    };
    return !name.empty() && !name.starts_with('-') && std::ranges::all_of(name, is_plain);
}

// The host of an endpoint that is a URL of HTTP; otherwise empty.
std::string host_in(std::string_view endpoint) {
    const std::size_t scheme = endpoint.find("://");
    if (scheme == std::string_view::npos || !endpoint.starts_with("http")) {
        return {};
    }
    endpoint.remove_prefix(scheme + 3);
    const std::size_t end = std::min(endpoint.find_first_of("/:"), endpoint.size());
    return std::string(endpoint.substr(0, end));
}

void add_members(const Json& answer, const char* list, const char* member, std::set<std::string>& names) {
    for (const Json& one : member_of(answer, list)) {
        names.insert(text_in(one, member));
    }
}

void add_names(ValueKind kind, const ControlProgram& program, std::chrono::milliseconds patience,
               std::set<std::string>& names) {
    const Control control(program.path, patience);
    const auto read_answer = [](const std::string& answer) { return Json::parse(answer, nullptr, false); };
    switch (kind) {
        case ValueKind::service:
            add_members(read_answer(control.services()), "services", "name", names);
            break;
        case ValueKind::client:
            add_members(read_answer(control.tunnels()), "tunnels", "name", names);
            break;
        case ValueKind::token:
            add_members(read_answer(control.tokens()), "tokens", "name", names);
            break;
        case ValueKind::host: {
            const Json services = read_answer(control.services());
            for (const Json& service : member_of(services, "services")) {
                names.insert(host_in(text_in(service, "endpoint")));
            }
            break;
        }
        case ValueKind::socket:
            names.insert(program.path);
            break;
        case ValueKind::file:
        case ValueKind::folder:
        case ValueKind::other:
            break;
    }
}

ValueKind kind_called(const std::string& word) {
    for (const ValueKind kind :
         {ValueKind::service, ValueKind::client, ValueKind::token, ValueKind::host, ValueKind::socket}) {
        if (word_for(kind) == word) {
            return kind;
        }
    }
    return ValueKind::other;
}

}  // namespace

const CommandInfo& completion_info() {
    static const CommandInfo info{
        "completion",
        "print the completion of commands, options and names for a shell",
        "bash|zsh|fish",
        "  source <(ferrotunnel completion bash)       # now; in ~/.bashrc: in each shell\n"
        "  ferrotunnel completion bash > ~/.local/share/bash-completion/completions/ferrotunnel\n"
        "  source <(ferrotunnel completion zsh)        # in ~/.zshrc, after compinit\n"
        "  ferrotunnel completion fish > ~/.config/fish/completions/ferrotunnel.fish\n"
        "Packages install all three. It completes the names of services, clients, tokens and hosts by\n"
        "asking the running programs of this user.\n",
        {},
        CommandInfo::Kind::print,
    };
    return info;
}

ExitCode run_completion(Arguments arguments) {
    Problems problems;
    Options options(completion_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const std::string shell = options.operand().value_or("");
    if (shell != "bash" && shell != "zsh" && shell != "fish") {
        problems.add(shell.empty() ? "bash|zsh|fish" : shell,
                     shell.empty() ? "missing: the shell" : "is not a known shell: expected bash, zsh or fish");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "completion"};
    }
    const std::vector<CommandGroup> groups = command_groups();
    fmt::print("{}", shell == "bash"  ? bash_completion(groups)
                     : shell == "zsh" ? zsh_completion(groups)
                                      : fish_completion(groups));
    return ExitCode::ok;
}

const CommandInfo& complete_info() {
    static const CommandInfo info{
        "complete",
        "print names of running programs, for the completion of shells",
        "services|clients|tokens|hosts|sockets",
        "  ferrotunnel complete services --control /run/ferrotunnel/client.sock\n"
        "Prints nothing if no program answers within a second. Names with characters that a shell would\n"
        "interpret are left out.\n",
        {target_section()},
        CommandInfo::Kind::print,
    };
    return info;
}

ExitCode run_complete(Arguments arguments) {
    Problems problems;
    Options options(complete_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const std::string word = options.operand().value_or("");
    const ValueKind kind = kind_called(word);
    if (kind == ValueKind::other) {
        problems.add(word.empty() ? complete_info().operand : word,
                     word.empty() ? "missing: what to print"
                                  : "is not known: expected services, clients, tokens, hosts or sockets");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "complete"};
    }
    const auto until = std::chrono::steady_clock::now() + complete_patience;
    std::set<std::string> names;
    const bool of_servers = kind == ValueKind::client || kind == ValueKind::token;
    try {
        for (const ControlProgram& program : selected_programs(options, of_servers ? "server" : "")) {
            const auto left =
                std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
            if (left <= 0ms) {
                break;
            }
            try {
                add_names(kind, program, left, names);
            } catch (const std::exception&) {  // the others may answer
            }
        }
    } catch (const std::exception&) {  // there are none
    }
    std::size_t printed = 0;
    for (const std::string& name : names) {
        if (is_harmless(name) && ++printed <= completed_names_max) {
            fmt::print("{}\n", name);
        }
    }
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
