// The program `ferrotunnel`: selects the command and turns its exceptions into a message and an exit code.
#include <fmt/format.h>
#include <sys/resource.h>
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
#include "command.hpp"
#include "command_table.hpp"
#include "ferrotunnel/detail/nearest.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/version.hpp"
#include "foreign_words.hpp"
#include "help.hpp"
#include "print_error.hpp"
#include "printable.hpp"
#include "problems.hpp"
#include "value_words.hpp"

namespace ferrotunnel::cli {
namespace {

// `words` begin with the command's name.
void check_command(const std::vector<std::string>& words) {
    const std::string& name = words.front();
    std::vector<std::string> names{"help"};
    for (const Command& command : commands()) {
        names.emplace_back(command.name);
    }
    if (find_command(name) == nullptr && name != names.front()) {
        const std::string here = equivalent_command(words);
        fail_usage("", name, "no such command" + (here.empty() ? detail::did_you_mean(name, names) : "; " + here));
    }
}

// Whether `word` is one of the words that an operand like "[add|remove]" lists.
bool is_choice(std::string_view operand, std::string_view word) {
    const std::vector<OperandChoice> choices = choices_of(operand);
    return std::ranges::find(choices, word, &OperandChoice::word) != choices.end();
}

// `help services add all` is `services add --help all`.
ExitCode run_help(std::vector<std::string> words) {
    const std::string name = words.empty() ? "" : words.front();
    if (name == "all") {
        for (const Command& command : commands()) {
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
        fail_usage("", words.front(), "unexpected: `" + command + "` takes no arguments");
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
        fail_usage("", name,
                   here.empty() ? "options come after the command, which is one of server, client, tcp, udp, "
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
