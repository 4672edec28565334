#include "help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t columns = 100;
constexpr std::size_t option_columns = 30;

// `text`, broken into lines between words. The first line begins at column `indent`; the others are indented to it.
std::string wrapped(std::string_view text, std::size_t indent) {
    std::string lines;
    std::size_t column = indent;
    while (!text.empty()) {
        const std::size_t length = std::min(text.find(' '), text.size());
        const std::string_view word = text.substr(0, length);
        if (column != indent && column + 1 + word.size() > columns) {
            lines += '\n' + std::string(indent, ' ');
            column = indent;
        } else if (column != indent) {
            lines += ' ';
            ++column;
        }
        lines += word;
        column += word.size();
        text.remove_prefix(std::min(length + 1, text.size()));
    }
    return lines;
}

std::string option_line(const OptionInfo& option) {
    const std::string letter = option.letter == 0 ? "" : fmt::format("-{}, ", option.letter);
    const std::string left =
        fmt::format("  {}--{}{}{}", letter, option.name, option.value.empty() ? "" : " ", option.value);
    std::string line = left.size() + 2 <= option_columns ? left + std::string(option_columns - left.size(), ' ')
                                                         : left + '\n' + std::string(option_columns, ' ');
    return line + wrapped(option.help, option_columns) + '\n';
}

std::string variables_of(const CommandInfo& command) {
    std::string names;
    for (const OptionSection& section : command.sections) {
        for (const OptionInfo& option : section.options) {
            names += (names.empty() ? "" : " ") + variable_of(option.name);
        }
    }
    return names;
}

constexpr std::string_view signals_text =
    "Ctrl-C (SIGINT) or SIGTERM lets present visitors finish, for at most --drain, and takes no new ones;\n"
    "  a second signal ends at once. SIGHUP reads the configuration file again; without one, and when the terminal\n"
    "  is closed, it lets visitors finish too.\n";

constexpr std::string_view exit_codes =
    "  0  ended by a signal, or done\n"
    "  1  failed: for instance, the control port is in use\n"
    "  2  the command line or another setting is not right; nothing was started\n";

constexpr std::string_view client_exit_codes =
    "  3  refused: the server does not accept the token, or none of the services, and\n"
    "     --retry-refused is 0 or that was so --attempts times\n"
    "  4  lost: no connection after --attempts\n"
    "  5  superseded: another client took this one's place\n";

// Those of commands that run nothing and take no variables; empty for the others.
std::string_view short_exit_codes(CommandInfo::Kind kind) {
    switch (kind) {
        case CommandInfo::Kind::check:
            return "  0  the file is right\n"
                   "  2  it is not, or could not be read; the problems are listed on the standard error stream\n";
        case CommandInfo::Kind::init:
            return "  0  the file is written\n"
                   "  1  it could not be written\n"
                   "  2  the command line is not right, or the file is there already\n";
        case CommandInfo::Kind::print:
            return "  0  printed\n"
                   "  2  the command line is not right\n";
        case CommandInfo::Kind::ask:
            return "  0  done\n"
                   "  1  no such program runs, or it is another user's, or it refuses\n"
                   "  2  the command line is not right\n";
        case CommandInfo::Kind::route:
            return "  0  a service is met\n"
                   "  1  none is: visitors see an error of the server's\n"
                   "  2  the URL, an option or the file is not right\n";
        case CommandInfo::Kind::server:
        case CommandInfo::Kind::client:
        case CommandInfo::Kind::both:
            break;
    }
    return {};
}

}  // namespace

std::string help_for_program(const std::vector<const CommandInfo*>& commands) {
    std::string text =
        "FerroTunnel gives a service behind NAT or a firewall a public address.\n"
        "\n"
        "Usage: ferrotunnel COMMAND [OPTIONS]\n"
        "\n"
        "Commands:\n";
    for (const CommandInfo* command : commands) {
        text += fmt::format("  {:<10}{}\n", command->name, command->summary);
    }
    text +=
        "  version   prints the version\n"
        "  help      prints this, or with a command's name what that command takes\n"
        "Also: --help or -h for help, here and behind a command; --version for version.\n"
        "\n"
        "In two minutes:\n"
        "  ferrotunnel token > token; chmod 600 token          # once; copy the file to the other machine\n"
        "  ferrotunnel server --token-file token               # on a machine that visitors can reach\n"
        "  ferrotunnel client --server HOST --token-file token --tcp 2222=22      # next to the service\n"
        "Visitors of HOST:2222 now reach port 22 of the client's machine.\n"
        "  ferrotunnel http 3000 --host app.example.com --server HOST --token-file token\n"
        "Visitors of http://app.example.com:8080 now reach port 3000 of it, if that name points to HOST.\n";
    return text;
}

std::string help_for(const CommandInfo& command) {
    std::string text = fmt::format("ferrotunnel {}: {}\n\nUsage: ferrotunnel {}{} [OPTIONS]\n\nExamples:\n{}",
                                   command.name, command.summary, command.name,
                                   command.operand.empty() ? "" : " " + command.operand, command.examples);
    for (const OptionSection& section : command.sections) {
        text += fmt::format("\n{}:\n", section.title);
        for (const OptionInfo& option : section.options) {
            text += option_line(option);
        }
    }
    if (const std::string_view codes = short_exit_codes(command.kind); !codes.empty()) {
        return text + "\nExit codes:\n" + std::string(codes);
    }
    text +=
        "\nEnvironment:\n  " +
        wrapped(
            "Every option is also a variable; the command line wins. Flags take on or off; lists have commas. A TIME "
            "is 30s, 500ms, 2m or 1h; a number alone is seconds.",
            2) +
        "\n  " + wrapped(variables_of(command), 2) + '\n';
    text += "\nSignals:\n  ";
    text += signals_text;
    text += "\nExit codes:\n";
    text += exit_codes;
    text += command.kind == CommandInfo::Kind::server ? "" : client_exit_codes;
    return text;
}

bool parse_or_help(Options& options, std::vector<std::string> words, Problems& problems) {
    if (options.parse(std::move(words), problems)) {
        return true;
    }
    fmt::print("{}", help_for(options.command()));
    return false;
}

}  // namespace ferrotunnel::cli
