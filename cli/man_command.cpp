// `ferrotunnel man`
#include <fmt/format.h>

#include <charconv>
#include <ctime>
#include <filesystem>
#include <string>
#include <utility>

#include "command_table.hpp"
#include "environment.hpp"
#include "help.hpp"
#include "man_page.hpp"
#include "new_file.hpp"
#include "print_error.hpp"
#include "shell_commands.hpp"

namespace ferrotunnel::cli {
namespace {

// Today, or the day of SOURCE_DATE_EPOCH, so that packages are the same bytes each time.
std::string page_date() {
    const std::string epoch = environment_variable("SOURCE_DATE_EPOCH");
    std::time_t time = std::time(nullptr);
    (void)std::from_chars(epoch.data(), epoch.data() + epoch.size(), time);
    std::tm day{};
    ::gmtime_r(&time, &day);
    return fmt::format("{:04}-{:02}-{:02}", day.tm_year + 1900, day.tm_mon + 1, day.tm_mday);
}

void write_pages(const std::filesystem::path& folder, const std::string& date) {
    const auto write = [&folder](const std::string& command, const std::string& text) {
        write_new(folder / (page_name(command) + ".1"), text);
    };
    make_new_folder(folder);
    write("", program_page(command_groups(), date));
    for (const CommandInfo* command : command_infos()) {
        write(command->name, command_page(*command, date));
    }
}

}  // namespace

const CommandInfo& man_info() {
    static const CommandInfo info{
        "man",
        "print the man page of the program or of a command",
        "[COMMAND]",
        "  ferrotunnel man | man -l -\n"
        "  ferrotunnel man http | man -l -\n"
        "  ferrotunnel man --directory man1      # writes all pages, for a folder of MANPATH\n"
        "Packages install the pages: `man ferrotunnel`, `man ferrotunnel-http`.\n",
        {{"Options", {{"directory", "DIRECTORY", "Write all pages to this folder; nothing is overwritten"}}}},
        CommandInfo::Kind::print,
    };
    return info;
}

ExitCode run_man(Arguments arguments) {
    Problems problems;
    Options options(man_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const std::string name = options.operand().value_or("");
    const Command* const command = name.empty() ? nullptr : find_command(name);
    if (!name.empty() && command == nullptr) {
        problems.add(name, "no such command");
    }
    const std::optional<std::string> folder = options.text("directory");
    if (folder && command != nullptr) {
        problems.add("--directory", "writes the pages of all commands; omit " + name);
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "man"};
    }
    if (folder) {
        write_pages(*folder, page_date());
        return ExitCode::ok;
    }
    fmt::print("{}", command == nullptr ? program_page(command_groups(), page_date())
                                        : command_page(command->info(), page_date()));
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
