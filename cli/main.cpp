// The program `ferrotunnel`: selects the command and turns its exceptions into a message and an exit code.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "command.hpp"
#include "commands.hpp"
#include "control_commands.hpp"
#include "ferrotunnel/detail/nearest.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/version.hpp"
#include "foreign_words.hpp"
#include "help.hpp"
#include "plugin_command.hpp"
#include "print_error.hpp"
#include "printable.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view starting = "Start here";
constexpr std::string_view exposing = "More services";
constexpr std::string_view configuring = "Configuration files and plugins";

constexpr Command own_commands[] = {
    {starting, "http", http_info, run_http},
    {starting, "tcp", tcp_info, run_tcp},
    {starting, "server", server_info, run_server},
    {starting, "token", token_info, run_token},
    {starting, "login", login_info, run_login},
    {exposing, "client", client_info, run_client},
    {exposing, "udp", udp_info, run_udp},
    {exposing, "tls", tls_info, run_tls},
    {exposing, "files", files_info, run_files},
    {exposing, "exit", exit_info, run_exit},
    {exposing, "visit", visit_info, run_visit},
    {configuring, "init", init_info, run_init},
    {configuring, "import", import_info, run_import},
    {configuring, "check", check_info, run_check},
    {configuring, "run", run_info, run_run},
    {configuring, "route", route_info, run_route},
    {configuring, "schema", schema_info, run_schema},
    {configuring, "plugin", plugin_info, run_plugin},
};
constexpr Command version_command{operating, "version", version_info, run_version};

/// All commands in the order of --help; those of a group follow each other.
constexpr auto commands = [] {
    std::array<Command, std::size(own_commands) + std::size(control_commands) + 1> all{};
    auto* const end = std::ranges::copy(control_commands, std::ranges::copy(own_commands, all.begin()).out).out;
    *end = version_command;
    return all;
}();

std::vector<const CommandInfo*> command_infos() {
    std::vector<const CommandInfo*> infos;
    for (const Command& command : commands) {
        infos.push_back(&command.info());
    }
    return infos;
}

std::vector<CommandGroup> command_groups() {
    std::vector<CommandGroup> groups;
    for (const Command& command : commands) {
        if (groups.empty() || groups.back().title != command.group) {
            groups.push_back({command.group, {}});
        }
        groups.back().commands.push_back(&command.info());
    }
    return groups;
}

const Command* find_command(std::string_view name) {
    const auto* const found = std::ranges::find(commands, name, &Command::name);
    return found != std::end(commands) ? found : nullptr;
}

[[noreturn]] void fail_usage(std::string place, std::string text) {
    UsageError error;
    error.problems.add(std::move(place), std::move(text));
    throw error;
}

// `words` begin with the command's name.
void check_command(const std::vector<std::string>& words) {
    const std::string& name = words.front();
    std::vector<std::string> names{"help"};
    for (const Command& command : commands) {
        names.emplace_back(command.name);
    }
    if (std::ranges::find(names, name) == names.end()) {
        const std::string here = equivalent_command(words);
        fail_usage(name, "no such command" + (here.empty() ? detail::did_you_mean(name, names) : "; " + here));
    }
}

// Whether `word` is one of the words that an operand like "[add|remove]" lists.
bool is_choice(std::string_view operand, std::string_view word) {
    constexpr std::string_view between = "[]| ";
    while (!operand.empty()) {
        const std::size_t end = std::min(operand.find_first_of(between), operand.size());
        if (operand.substr(0, end) == word) {
            return true;
        }
        operand.remove_prefix(std::min(end + 1, operand.size()));
    }
    return false;
}

// `help services add all` is `services add --help all`.
ExitCode run_help(std::vector<std::string> words) {
    const std::string name = words.empty() ? "" : words.front();
    if (name == "all") {
        for (const Command& command : commands) {
            (void)command.run({{"--help", "all"}, {}, {}});
            fmt::print("\n");
        }
        return ExitCode::ok;
    }
    if (!name.empty() && !name.starts_with('-')) {
        check_command({name});
    }
    const Command* const command = find_command(name);
    if (command == nullptr) {
        fmt::print("{}", help_for_program(command_groups()));
        return ExitCode::ok;
    }
    words.erase(words.begin());
    const bool has_below = !words.empty() && is_choice(command->info().operand, words.front());
    words.insert(words.begin() + (has_below ? 1 : 0), "--help");
    return command->run({std::move(words), {}, {}});
}

void check_no_words(const std::string& command, const std::vector<std::string>& words) {
    if (!words.empty()) {
        fail_usage(words.front(), "unexpected: `" + command + "` takes no arguments");
    }
}

// Raises the soft limit of descriptors to the hard one: it also limits visitors. The soft limit is 1,024 on many
// systems for the sake of programs that use select(); this one does not.
void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);  // if it fails, there is room for fewer visitors, which is logged then
    }
}

ExitCode run(Arguments arguments) {
    std::vector<std::string>& words = arguments.words;
    if (words.empty()) {
        print_error("{}", help_for_program(command_groups()));
        return ExitCode::usage;
    }
    const std::string name = words.front();
    const std::string here = name.starts_with('-') ? equivalent_command(words) : std::string();
    if (!name.starts_with('-') && name != "help") {
        check_command(words);
    }
    words.erase(words.begin());
    if (name == "help" || name == "--help" || name == "-h") {
        return run_help(std::move(words));
    }
    if (name == "--version") {
        check_no_words(name, words);
        fmt::print("ferrotunnel {}\n", version_string);
        return ExitCode::ok;
    }
    if (name.starts_with('-')) {
        fail_usage(name, here.empty() ? "options come after the command, which is one of server, client, tcp, udp, "
                                        "http, tls, run"
                                      : "no such command; " + here);
    }
    raise_descriptor_limit();
    const Command& command = *find_command(name);
    for (const std::string& finding : misspelt_variables(command.info(), command_infos, environ)) {
        print_error("warning: {}\n", printable(finding));
    }
    return command.run(std::move(arguments));
}

ExitCode run_and_report(int argc, char** argv) {
    try {
        return run(take_arguments(argc, argv));
    } catch (const UsageError& error) {
        error.problems.print(error.command);
        return ExitCode::usage;
    } catch (const config_error& error) {
        print_error("ferrotunnel: {}\n", error.what());
        return ExitCode::usage;
    } catch (const std::exception& error) {
        print_error("ferrotunnel: {}\n", printable(error.what()));
        return ExitCode::failure;
    }
}

// Output that cannot be written is a failure: `ferrotunnel token > file` on a full disk has made no token. A reader
// that has gone gets no message.
ExitCode after_output(ExitCode code) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
        return code;
    }
    if (errno != EPIPE) {
        print_error("ferrotunnel: cannot write the output: {}\n", std::generic_category().message(errno));
    }
    return code == ExitCode::ok ? ExitCode::failure : code;
}

}  // namespace
}  // namespace ferrotunnel::cli

int main(int argc, char** argv) {
    using namespace ferrotunnel::cli;
    return static_cast<int>(after_output(run_and_report(argc, argv)));
}
