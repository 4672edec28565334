// The program `ferrotunnel`: picks the command and turns what it throws into a message and an exit code.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "arguments.hpp"
#include "commands.hpp"
#include "descriptors.hpp"
#include "ferrotunnel/detail/nearest.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/version.hpp"
#include "help.hpp"
#include "printable.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {
namespace {

const std::vector<std::string>& command_names() {
    static const std::vector<std::string> names{"server", "client", "tcp",   "http",    "tls", "run",
                                                "check",  "route",  "token", "version", "help"};
    return names;
}

std::vector<const CommandInfo*> commands() {
    return {&server_info(), &client_info(), &tcp_info(),   &http_info(),
            &tls_info(),    &run_info(),    &check_info(), &route_info()};
}

const CommandInfo* find_command(const std::string& name) {
    for (const CommandInfo* command : commands()) {
        if (command->name == name) {
            return command;
        }
    }
    return nullptr;
}

[[noreturn]] void fail_usage(std::string place, std::string text) {
    UsageError error;
    error.problems.add(std::move(place), std::move(text));
    throw error;
}

void check_command(const std::string& name) {
    if (std::ranges::find(command_names(), name) == command_names().end()) {
        fail_usage(name, "no such command" + detail::did_you_mean(name, command_names()));
    }
}

ExitCode run_help(const std::vector<std::string>& words) {
    const bool about_command = !words.empty() && words.front() != "--help" && words.front() != "-h";
    if (about_command) {
        check_command(words.front());
    }
    const CommandInfo* command = about_command ? find_command(words.front()) : nullptr;
    fmt::print("{}", command != nullptr ? help_for(*command) : help_for_program(commands()));
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
        fmt::print(stderr, "{}", help_for_program(commands()));
        return ExitCode::usage;
    }
    const std::string name = words.front();
    words.erase(words.begin());
    if (name == "help" || name == "--help" || name == "-h") {
        return run_help(words);
    }
    const bool wants_help = !words.empty() && (words.front() == "--help" || words.front() == "-h");
    if (name == "version" || name == "--version" || name == "token") {
        if (wants_help) {
            return run_help({});
        }
        check_no_words(name, words);
        if (name == "token") {
            return run_token();
        }
        fmt::print("ferrotunnel {}\n", version_string);
        return ExitCode::ok;
    }
    if (name.starts_with('-')) {
        fail_usage(name, "options come after the command, which is one of server, client, tcp, http, tls, run");
    }
    check_command(name);
    raise_descriptor_limit();
    for (const std::string& finding : misspelt_variables(commands(), environ)) {
        fmt::print(stderr, "warning: {}\n", printable(finding));
    }
    return name == "server"   ? run_server(std::move(arguments))
           : name == "client" ? run_client(std::move(arguments))
           : name == "http"   ? run_http(std::move(arguments))
           : name == "tls"    ? run_tls(std::move(arguments))
           : name == "run"    ? run_run(std::move(arguments))
           : name == "check"  ? run_check(std::move(arguments))
           : name == "route"  ? run_route(std::move(arguments))
                              : run_tcp(std::move(arguments));
}

ExitCode run_and_report(int argc, char** argv) {
    try {
        return run(take_arguments(argc, argv));
    } catch (const UsageError& error) {
        error.problems.print(stderr, error.command);
        return ExitCode::usage;
    } catch (const config_error& error) {
        fmt::print(stderr, "ferrotunnel: {}\n", error.what());
        return ExitCode::usage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "ferrotunnel: {}\n", printable(error.what()));
        return ExitCode::failure;
    }
}

}  // namespace

ExitCode run_token() {
    const Secret token = Secret::generate();
    fmt::print("{}\n", token.reveal());
    if (::isatty(STDOUT_FILENO) == 1) {
        fmt::print(stderr, "Keep it secret. Server and clients take it from --token-file or FERROTUNNEL_TOKEN.\n");
    }
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli

int main(int argc, char** argv) {
    return static_cast<int>(ferrotunnel::cli::run_and_report(argc, argv));
}
