// The program `ferrotunnel`: picks the command and turns what it throws into a message and an exit code.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "commands.hpp"
#include "complain.hpp"
#include "control_commands.hpp"
#include "descriptors.hpp"
#include "ferrotunnel/detail/nearest.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/version.hpp"
#include "foreign_commands.hpp"
#include "help.hpp"
#include "plugin_command.hpp"
#include "printable.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {
namespace {

struct Command {
    std::string_view name;
    const CommandInfo& (*info)();  // takes memory for as long as the program runs: made only where somebody reads it
    ExitCode (*run)(Arguments arguments);
};

/// The commands that --help lists, in its order.
constexpr Command commands[] = {
    {"server", server_info, run_server}, {"client", client_info, run_client},
    {"tcp", tcp_info, run_tcp},          {"udp", udp_info, run_udp},
    {"http", http_info, run_http},       {"tls", tls_info, run_tls},
    {"files", files_info, run_files},    {"exit", exit_info, run_exit},
    {"run", run_info, run_run},          {"visit", visit_info, run_visit},
    {"check", check_info, run_check},    {"init", init_info, run_init},
    {"schema", schema_info, run_schema}, {"route", route_info, run_route},
    {"plugin", plugin_info, run_plugin}, {"status", status_info, run_status},
    {"health", health_info, run_health}, {"services", services_info, run_services},
    {"tokens", tokens_info, run_tokens}, {"config", config_info, run_config},
    {"reload", reload_info, run_reload}, {"drain", drain_info, run_drain},
    {"kick", kick_info, run_kick},       {"login", login_info, run_login},
    {"token", token_info, run_token},    {"inspect", inspect_info, run_inspect},
};

std::vector<const CommandInfo*> command_infos() {
    std::vector<const CommandInfo*> infos;
    for (const Command& command : commands) {
        infos.push_back(&command.info());
    }
    return infos;
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

// `words` begin with the name.
void check_command(const std::vector<std::string>& words) {
    const std::string& name = words.front();
    std::vector<std::string> names{"version", "help"};
    for (const Command& command : commands) {
        names.emplace_back(command.name);
    }
    if (std::ranges::find(names, name) == names.end()) {
        const std::string here = here_typed(words);
        fail_usage(name, "no such command" + (here.empty() ? detail::did_you_mean(name, names) : "; " + here));
    }
}

ExitCode run_help(const std::vector<std::string>& words) {
    const bool about_command = !words.empty() && words.front() != "--help" && words.front() != "-h";
    if (about_command) {
        check_command({words.front()});
    }
    if (about_command && words.front() == "plugin") {
        fmt::print("{}", help_for_plugin());
        return ExitCode::ok;
    }
    const Command* const command = about_command ? find_command(words.front()) : nullptr;
    fmt::print("{}", command != nullptr ? help_for(command->info()) : help_for_program(command_infos()));
    return ExitCode::ok;
}

void check_no_words(const std::string& command, const std::vector<std::string>& words) {
    if (!words.empty()) {
        fail_usage(words.front(), "unexpected: `" + command + "` takes nothing");
    }
}

ExitCode run(Arguments arguments) {
    std::vector<std::string>& words = arguments.words;
    if (words.empty()) {
        complain("{}", help_for_program(command_infos()));
        return ExitCode::usage;
    }
    const std::string name = words.front();
    const std::string here = name.starts_with('-') ? here_typed(words) : std::string();
    if (!name.starts_with('-') && name != "help") {
        check_command(words);
    }
    words.erase(words.begin());
    if (name == "help" || name == "--help" || name == "-h") {
        return run_help(words);
    }
    const bool wants_help = !words.empty() && (words.front() == "--help" || words.front() == "-h");
    if (name == "version" || name == "--version") {
        if (wants_help) {
            return run_help({});
        }
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
        complain("warning: {}\n", printable(finding));
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
        complain("ferrotunnel: {}\n", error.what());
        return ExitCode::usage;
    } catch (const std::exception& error) {
        complain("ferrotunnel: {}\n", printable(error.what()));
        return ExitCode::failure;
    }
}

// What could not be written was not done: `ferrotunnel token > file` on a full disk has made no token. Who has stopped
// reading wants no words.
ExitCode after_output(ExitCode code) {
    if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) {
        return code;
    }
    if (errno != EPIPE) {
        complain("ferrotunnel: cannot write the output: {}\n", std::generic_category().message(errno));
    }
    return code == ExitCode::ok ? ExitCode::failure : code;
}

}  // namespace
}  // namespace ferrotunnel::cli

int main(int argc, char** argv) {
    using namespace ferrotunnel::cli;
    return static_cast<int>(after_output(run_and_report(argc, argv)));
}
