#include "help.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "command.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::size_t columns = 100;
constexpr std::size_t option_columns = 30;  // where the texts of --help begin

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

// "  -c, --config FILE"
std::string option_and_value(const OptionInfo& option) {
    const std::string letter = option.letter == 0 ? "" : fmt::format("-{}, ", option.letter);
    return fmt::format("  {}--{}{}{}", letter, option.name, option.value.empty() ? "" : " ", option.value);
}

std::string full_text(const OptionInfo& option) {
    const std::string left = option_and_value(option);
    std::string line = left.size() + 2 <= option_columns ? left + std::string(option_columns - left.size(), ' ')
                                                         : left + '\n' + std::string(option_columns, ' ');
    return line + wrapped(sentences_of(option), option_columns) + '\n';
}

// The options that have a brief, by section, with all briefs in one column.
std::string brief_lines(const CommandInfo& command) {
    std::size_t width = 0;
    for (const OptionSection& section : command.sections) {
        for (const OptionInfo& option : section.options) {
            width = std::max(width, option.brief.empty() ? 0 : option_and_value(option).size());
        }
    }
    std::string text;
    for (const OptionSection& section : command.sections) {
        std::string lines;
        for (const OptionInfo& option : section.options) {
            if (!option.brief.empty()) {
                lines += fmt::format("{:<{}}  {}\n", option_and_value(option), width, option.brief);
            }
        }
        text += lines.empty() ? "" : fmt::format("\n{}:\n{}", section.title, lines);
    }
    return text;
}

std::string head_of(const CommandInfo& command) {
    return fmt::format("ferrotunnel {}: {}\n\nUsage: ferrotunnel {}{}{} [OPTIONS]\n\nExamples:\n{}", command.name,
                       command.summary, command.name, command.operand.empty() ? "" : " ", command.operand,
                       command.examples);
}

std::string names_of(const CommandGroup& group) {
    std::string names;
    for (const CommandInfo* command : group.commands) {
        names += (names.empty() ? "" : ", ") + command->name;
    }
    return names;
}

std::string variables_of(const CommandInfo& command) {
    std::string names;
    for (const OptionSection& section : command.sections) {
        for (const OptionInfo& option : section.options) {
            if (option.has_variable) {
                names += (names.empty() ? "" : " ") + variable_of(option.name);
            }
        }
    }
    return names;
}

constexpr std::string_view variables_text =
    "Every option is also a variable; the command line takes precedence. Flags are on or off; lists have commas. A "
    "TIME is 30s, 500ms, 2m or 1h; a number without a unit is seconds.";

constexpr std::string_view signals_text =
    "Ctrl-C (SIGINT) or SIGTERM: visitors get the time of --drain to finish, and new ones are rejected; a second "
    "signal ends the program at once. SIGHUP reloads the configuration file; without a file, and when the terminal "
    "closes, it drains too.";

constexpr std::string_view exit_codes =
    "  0  ended by a signal, or done\n"
    "  1  failed: for example, the control port is in use\n"
    "  2  the command line or another setting is not valid; nothing was started\n";

constexpr std::string_view client_exit_codes =
    "  3  refused: the server rejects the token or every service, and\n"
    "     --retry-refused is 0 or this happened --attempts times\n"
    "  4  lost: no connection after --attempts\n"
    "  5  superseded: another client replaced this one\n";

// Exit codes of commands that start neither a server nor a client, and handle no signals; empty for the others.
std::string_view short_exit_codes(CommandInfo::Kind kind) {
    switch (kind) {
        case CommandInfo::Kind::check:
            return "  0  the file is valid\n"
                   "  2  it is not valid or cannot be read; the standard error stream lists the problems\n";
        case CommandInfo::Kind::login:
            return "  0  logged in\n"
                   "  1  failed: for example, the login cannot be saved\n"
                   "  2  the command line is not valid\n"
                   "  3  the server rejects the token\n"
                   "  4  no connection to the server\n";
        case CommandInfo::Kind::init:
            return "  0  the file is written\n"
                   "  1  it cannot be written\n"
                   "  2  the command line is not valid, or the file already exists\n";
        case CommandInfo::Kind::import:
            return "  0  everything is imported\n"
                   "  1  something has no equivalent, or the result needs a change: the standard error\n"
                   "     stream lists it; or a file cannot be written\n"
                   "  2  the command line or a file is not valid, or a file to write already exists\n";
        case CommandInfo::Kind::print:
            return "  0  printed\n"
                   "  1  the output cannot be written\n"
                   "  2  the command line is not valid\n";
        case CommandInfo::Kind::hash:
            return "  0  printed\n"
                   "  1  failed: no password, two that differ, or the output cannot be written\n"
                   "  2  the command line is not valid\n";
        case CommandInfo::Kind::key_file:
            return "  0  the file is written\n"
                   "  1  it cannot be written\n"
                   "  2  the command line is not valid, a new file already exists, or an existing one cannot be\n"
                   "     read or is at another step\n";
        case CommandInfo::Kind::ask:
            return "  0  done\n"
                   "  1  the program does not run, belongs to another user, or refuses the request\n"
                   "  2  the command line is not valid\n";
        case CommandInfo::Kind::route:
            return "  0  a service matches\n"
                   "  1  no service matches: visitors get the server's error page\n"
                   "  2  the URL, an option or the file is not valid\n";
        case CommandInfo::Kind::plugin:
            return "  0  done; the plugin can be used\n"
                   "  1  failed: a file cannot be written\n"
                   "  2  the command line is not valid, or the plugin cannot be used; the standard error\n"
                   "     stream lists the problems\n";
        case CommandInfo::Kind::doctor:
            return "  0  nothing stands in the way; there may be notes\n"
                   "  1  failed: for example, the output cannot be written\n"
                   "  2  the command line or the file is not valid; nothing was examined\n"
                   "  6  the worst finding is a warning\n"
                   "  7  the worst finding is an error\n";
        case CommandInfo::Kind::audit:
            return "  0  done; the chain is intact\n"
                   "  1  the chain is broken, or a file contains no audit log lines\n"
                   "  2  the command line is not valid, or a file cannot be read\n";
        case CommandInfo::Kind::server:
        case CommandInfo::Kind::client:
        case CommandInfo::Kind::both:
            break;
    }
    return {};
}

}  // namespace

std::string help_for_program(const std::vector<CommandGroup>& groups) {
    std::string text =
        "FerroTunnel gives a service behind NAT or a firewall a public address.\n"
        "\n"
        "Usage: ferrotunnel COMMAND [OPTIONS]      (`ferrotunnel COMMAND --help` explains a command)\n";
    std::string others;
    for (const CommandGroup& group : groups) {
        if (group.title == other_group) {
            others = names_of(group);
            continue;
        }
        text += fmt::format("\n{}:\n", group.title);
        for (const CommandInfo* command : group.commands) {
            text += fmt::format("  {:<10}{}\n", command->name, command->summary);
        }
    }
    text +=
        "\n"
        "Example:\n"
        "  ferrotunnel token > token; chmod 600 token           # once; copy the file to both machines\n"
        "  ferrotunnel server --token-file token                # on a machine with a public address\n"
        "  ferrotunnel tcp 22 --server HOST --token-file token  # next to the service\n";
    text += fmt::format("\n{}: {}\n", other_group, others);
    return text;
}

std::string brief_help_for(const CommandInfo& command) {
    return fmt::format("{}{}\n`ferrotunnel {} --help all` explains all options, {}exit codes.\n", head_of(command),
                       brief_lines(command), command.name,
                       short_exit_codes(command.kind).empty() ? "variables, signals and " : "with ");
}

std::string full_help_for(const CommandInfo& command) {
    std::string text = head_of(command);
    for (const OptionSection& section : command.sections) {
        text += fmt::format("\n{}:\n", section.title);
        for (const OptionInfo& option : section.options) {
            text += full_text(option);
        }
    }
    const HelpNotes notes = notes_of(command);
    if (!notes.variables.empty()) {
        text +=
            fmt::format("\nEnvironment:\n  {}\n  {}\n", wrapped(notes.about_variables, 2), wrapped(notes.variables, 2));
    }
    if (!notes.signals.empty()) {
        text += fmt::format("\nSignals:\n  {}\n", wrapped(notes.signals, 2));
    }
    return text + "\nExit codes:\n" + notes.exit_codes;
}

HelpNotes notes_of(const CommandInfo& command) {
    const std::string_view codes = short_exit_codes(command.kind);
    const bool starts_tunnel = codes.empty();
    HelpNotes notes{std::string(starts_tunnel ? exit_codes : codes), {}, variables_text, {}};
    if ((starts_tunnel || command.kind == CommandInfo::Kind::login || command.kind == CommandInfo::Kind::doctor) &&
        !command.sections.empty()) {
        notes.variables = variables_of(command);
    }
    if (starts_tunnel) {
        notes.signals = signals_text;
        notes.exit_codes += command.kind != CommandInfo::Kind::server ? client_exit_codes : "";
    }
    return notes;
}

std::string sentences_of(const OptionInfo& option) {
    return option.help.empty() ? option.brief + '.' : option.help;
}

bool print_help_if_requested(const CommandInfo& command, const std::vector<std::string>& words) {
    constexpr std::string_view with_topic = "--help=";
    const auto asked = std::ranges::find_if(words, [&](const std::string& word) {
        return word == "--help" || word == "-h" || word.starts_with(with_topic);
    });
    if (asked == words.end()) {
        return false;
    }
    std::string topic;
    if (asked->starts_with(with_topic)) {
        topic = asked->substr(with_topic.size());
    } else if (asked + 1 != words.end() && !(asked + 1)->starts_with('-')) {
        topic = *(asked + 1);
    }
    if (!topic.empty() && topic != "all") {
        fail_usage(command.name, topic,
                   fmt::format("is not a help topic; `ferrotunnel {} --help all` explains all options", command.name));
    }
    fmt::print("{}", topic == "all" ? full_help_for(command) : brief_help_for(command));
    return true;
}

bool parse_or_help(Options& options, std::vector<std::string> words, Problems& problems) {
    if (print_help_if_requested(options.command(), words)) {
        return false;
    }
    options.parse(std::move(words), problems);
    return true;
}

void list_in_full_help_only(const std::vector<std::string_view>& names, CommandInfo& command) {
    for (OptionSection& section : command.sections) {
        for (OptionInfo& option : section.options) {
            if (std::ranges::find(names, option.name) != names.end() && !option.brief.empty()) {
                option.help = sentences_of(option);
                option.brief.clear();
            }
        }
    }
}

}  // namespace ferrotunnel::cli
