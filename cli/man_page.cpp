#include "man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "ferrotunnel/version.hpp"
#include "roff.hpp"

namespace ferrotunnel::cli {
namespace {

constexpr std::string_view about_program = "give a service behind NAT or a firewall a public address";

std::string page_head(const std::string& name, std::string_view summary, const std::string& date) {
    std::string title = name;
    std::ranges::transform(title, title.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return fmt::format(".TH {} 1 \"{}\" \"ferrotunnel {}\" \"User Commands\"\n.SH NAME\n{} \\-\n{}",
                       roff::escaped(title), date, version_string, roff::escaped(name), roff::paragraph(summary));
}

std::string as_sentence(std::string text) {
    if (!text.empty() && text.front() >= 'a' && text.front() <= 'z') {
        text.front() = static_cast<char>(text.front() - 'a' + 'A');
    }
    return text + '.';
}

std::string usage_of(const CommandInfo& command) {
    return fmt::format("{}{} {}\n", roff::bold("ferrotunnel " + command.name),
                       command.operand.empty() ? "" : ' ' + roff::italic(command.operand), roff::italic("[OPTIONS]"));
}

std::string tagged(const std::string& tag, const std::string& text) {
    return ".TP\n" + tag + '\n' + text;
}

std::string option_text(const OptionInfo& option) {
    std::string tag = option.letter == 0 ? "" : roff::bold(std::string{'-', option.letter}) + ", ";
    tag += roff::bold("--" + option.name);
    tag += option.value.empty() ? "" : ' ' + roff::italic(option.value);
    return tagged(tag, roff::paragraph(sentences_of(option)));
}

std::string options_text(const CommandInfo& command) {
    std::string text;
    for (const OptionSection& section : command.sections) {
        text += section.options.empty() ? "" : ".SS " + roff::escaped(section.title) + '\n';
        for (const OptionInfo& option : section.options) {
            text += option_text(option);
        }
    }
    return text;
}

// From lines like "  0  done", whose continuations are indented.
std::string exit_status(std::string_view lines) {
    std::string text;
    std::string tag;
    std::string about;
    while (!lines.empty()) {
        const std::size_t length = std::min(lines.find('\n'), lines.size());
        const std::string_view line = lines.substr(0, length);
        const std::size_t begin = std::min(line.find_first_not_of(' '), line.size());
        const std::size_t after = std::min(line.find_first_not_of("0123456789", begin), line.size());
        if (after != begin) {
            text += tag.empty() ? "" : tagged(tag, roff::paragraph(about));
            tag = roff::bold(line.substr(begin, after - begin));
            about = line.substr(std::min(line.find_first_not_of(' ', after), line.size()));
        } else {
            about += ' ' + std::string(line.substr(begin));
        }
        lines.remove_prefix(std::min(length + 1, lines.size()));
    }
    return text + (tag.empty() ? "" : tagged(tag, roff::paragraph(about)));
}

// A command below another one, as a section of that one's page.
std::string below_text(const CommandInfo& command) {
    std::string title = command.name;
    std::ranges::transform(title, title.begin(),
                           [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    return ".SH " + roff::escaped(title) + '\n' + usage_of(command) + ".PP\n" +
           roff::paragraph(as_sentence(command.summary)) + ".PP\n" + roff::as_typed(command.examples) +
           options_text(command);
}

std::string reference(const std::string& page) {
    return fmt::format(".BR {} (1)", roff::escaped(page));
}

constexpr std::string_view files_text =
    ".SH FILES\n"
    ".TP\n.I /etc/ferrotunnel/NAME.yml\n"
    "Configuration of the systemd unit ferrotunnel@NAME, which\n"
    "\\fBferrotunnel init server \\-\\-systemd NAME\\fR\nwrites.\n"
    ".TP\n.I /var/lib/ferrotunnel/NAME\n"
    "State of the unit: for a server the key that clients pin.\n"
    ".TP\n.I \\(ti/.config/ferrotunnel/login\n"
    "Server and token that\n\\fBferrotunnel login\\fR\nsaves.\n"
    ".TP\n.I /usr/share/doc/ferrotunnel/examples\n"
    "Configurations to start with, in packages.\n";

constexpr std::string_view example_text =
    "  ferrotunnel token > token; chmod 600 token\n"
    "  ferrotunnel server --token-file token\n"
    "  ferrotunnel tcp 22 --server HOST --token-file token\n";

}  // namespace

std::string page_name(const std::string& command) {
    return command.empty() ? "ferrotunnel" : "ferrotunnel-" + command;
}

std::string program_page(const std::vector<CommandGroup>& groups, const std::string& date) {
    std::string text = page_head(page_name(""), about_program, date);
    text += ".SH SYNOPSIS\n" + roff::bold("ferrotunnel") + ' ' + roff::italic("COMMAND [OPTIONS]") + '\n';
    text += ".SH DESCRIPTION\n" +
            roff::paragraph(
                "FerroTunnel gives a service behind NAT or a firewall a public address: a client beside the "
                "service keeps encrypted connections to a server, which has the public address. "
                "`ferrotunnel COMMAND --help` explains a command, and `--help all` all its options.") +
            ".SH COMMANDS\n";
    for (const CommandGroup& group : groups) {
        text += ".SS " + roff::escaped(group.title) + '\n';
        for (const CommandInfo* command : group.commands) {
            text += tagged(reference(page_name(command->name)), roff::paragraph(as_sentence(command->summary)));
        }
    }
    text += files_text;
    return text + ".SH EXAMPLES\n" + roff::as_typed(example_text);
}

std::string command_page(const CommandInfo& command, const std::string& date) {
    std::string text = page_head(page_name(command.name), command.summary, date);
    text += ".SH SYNOPSIS\n" + usage_of(command);
    for (const CommandInfo& (*below)() : command.below) {
        text += ".br\n" + usage_of(below());
    }
    text += ".SH DESCRIPTION\n" + roff::paragraph(as_sentence(command.summary));
    const std::string options = options_text(command);
    text += options.empty() ? "" : ".SH OPTIONS\n" + options;
    for (const CommandInfo& (*below)() : command.below) {
        text += below_text(below());
    }
    const HelpNotes notes = notes_of(command);
    text += ".SH EXIT STATUS\n" + exit_status(notes.exit_codes);
    if (!notes.variables.empty()) {
        text +=
            ".SH ENVIRONMENT\n" + roff::paragraph(notes.about_variables) + ".PP\n" + roff::paragraph(notes.variables);
    }
    text += notes.signals.empty() ? "" : ".SH SIGNALS\n" + roff::paragraph(notes.signals);
    return text + ".SH EXAMPLES\n" + roff::as_typed(command.examples) + ".SH SEE ALSO\n" + reference(page_name("")) +
           '\n';
}

}  // namespace ferrotunnel::cli
