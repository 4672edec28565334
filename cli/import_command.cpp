// `ferrotunnel import`: translates the configuration of another tunnel.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "commands.hpp"
#include "help.hpp"
#include "import/hints.hpp"
#include "import/limits.hpp"
#include "import/one_line.hpp"
#include "import/output_files.hpp"
#include "import/readers.hpp"
#include "import/recognise.hpp"
#include "import/report.hpp"
#include "import/tokens.hpp"
#include "new_file.hpp"
#include "print_error.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

using importing::Draft;
using importing::OutputFiles;

/// The words of the command, apart: options cannot have several files as their operand.
struct ImportWords {
    std::vector<std::string> options;
    std::vector<std::string> files;
    std::vector<std::string> command;  // of another tunnel, behind `--`
};

ImportWords split_words(std::vector<std::string> words) {
    ImportWords split;
    const auto end = std::ranges::find(words, "--");
    for (auto word = words.begin(); word != end; ++word) {
        const bool is_option = word->starts_with('-') && word->size() > 1;
        (is_option ? split.options : split.files).push_back(*word);
        const bool has_next = *word == "--output" || *word == "-o" || *word == "--help" || *word == "-h";
        if (has_next && std::next(word) != end) {
            split.options.push_back(*++word);
        }
    }
    if (end != words.end()) {
        split.command.assign(std::next(end), words.end());
    }
    return split;
}

Draft read_sources(const ImportWords& words) {
    if (!words.command.empty()) {
        return importing::read_command_line(words.command);
    }
    std::vector<importing::Source> sources;
    for (const std::string& file : words.files) {
        sources.push_back(importing::load_source(file));
    }
    return importing::read_files(sources);
}

/// What to type if the files begin with another tunnel's program; empty if they do not. Options may have secrets, so
/// the words end before the first one.
std::string missing_dashes(const std::vector<std::string>& given, const ImportWords& words) {
    if (!words.command.empty() || words.files.empty() || !importing::is_other_program(words.files.front()) ||
        is_there(words.files.front())) {
        return {};
    }
    const auto first = std::ranges::find(given, words.files.front());
    const auto option = std::find_if(first, given.end(), [](const std::string& word) { return word.starts_with('-'); });
    return fmt::format("is not a file; write `ferrotunnel import -- {}{}` for a command line",
                       fmt::join(first, option, " "), option == given.end() ? "" : " ...");
}

/// The path of the file to write: `output`, or a file with the usual name if that is a folder.
std::filesystem::path output_path(const std::string& output) {
    constexpr std::string_view usual = "ferrotunnel.yml";
    const std::filesystem::path path(output == "-" ? std::string(usual) : output);
    std::error_code ignored;
    return output.ends_with('/') || std::filesystem::is_directory(path, ignored) ? path / usual : path;
}

void check_words(const ImportWords& words, Problems& problems) {
    if (words.files.empty() == words.command.empty()) {
        problems.add("import", words.files.empty() ? "needs the files of another tunnel, or its command line after `--`"
                                                   : "accepts either files or a command line after `--`");
    } else if (words.files.size() > importing::files_max) {
        problems.add("import", fmt::format("accepts at most {} files", importing::files_max));
    }
}

/// The problems of the files as they would be written.
std::vector<std::string> check_result(const OutputFiles& files, const Options& options, Arguments& arguments) {
    const importing::SecretCopies copies(files.draft());
    Problems problems;
    for (const importing::OutputFile& file : files.files()) {
        std::vector<Problem> found;
        const std::string text = files.text_of(file, copies.folder());
        const Config config = Config::try_parse(text, file.path.string(), found);
        for (const Problem& problem : found) {
            problems.add(problem);
        }
        if (found.empty()) {
            check_config(options, arguments, config, problems);
        }
    }
    return problems.lines();
}

void print_list(std::string_view title, const std::vector<std::string>& lines) {
    if (!lines.empty()) {
        print_error("{}\n", title);
    }
    for (const std::string& line : lines) {
        print_error("  {}\n", line);
    }
}

void report(const Draft& draft, const std::vector<std::string>& problems) {
    print_list("Not imported:", importing::lost_lines(draft));
    print_list("To check:", importing::look_at_lines(draft));
    print_list("Without effect here:", importing::needless_lines(draft));
    if (const std::string command = importing::one_line_command(draft); !command.empty()) {
        print_list("The same without a file:", {printable(command)});
    }
    print_list("Problems of the result, as `ferrotunnel check` finds them:", problems);
}

void print_written(const OutputFiles& files, const std::vector<std::string>& written) {
    print_line("wrote " + fmt::format("{}", fmt::join(written, ", ")));
    print_line("Next:");
    for (const importing::OutputFile& file : files.files()) {
        if (files.files().size() > 1 && file.has_client) {
            print_line("  copy " + file.path.string() + files.secrets_beside(file) +
                       " to the machine of the client, and there:");
        }
        print_line("  ferrotunnel check " + file.path.string());
        print_line("  ferrotunnel run --config " + file.path.string());
    }
}

void print_texts(const OutputFiles& files) {
    for (const importing::OutputFile& file : files.files()) {
        fmt::print("{}", printable_lines(files.text_of(file, {})));
    }
}

}  // namespace

const CommandInfo& import_info() {
    static const CommandInfo info{
        "import",
        "translate the configuration of frp, rathole, ngrok or cloudflared",
        "FILE...",
        "  ferrotunnel import frpc.toml                       # writes ferrotunnel.yml\n"
        "  ferrotunnel import frps.toml frpc.toml             # both sides: a file for each, and a new token\n"
        "  ferrotunnel import server.toml client.toml --output edge.yml\n"
        "  ferrotunnel import --dry-run ngrok.yml             # only prints\n"
        "  ferrotunnel import -- ngrok http 3000 --basic-auth ann:secret\n"
        "Comments name the line that each value comes from. What has no equivalent is listed with the\n"
        "reason. Nothing is overwritten; secrets are files of their own, with mode 0600.\n"
        "docs/coming-from.md has the rest.\n",
        {{"Options",
          {{"output", "FILE", "File or folder to write, or - for the output (default ferrotunnel.yml)",
            "File to write (default ferrotunnel.yml), or a folder for it, which exists or ends in `/`; with both sides "
            "NAME-server.yml and NAME-client.yml. `-` prints the text, and writes no files of secrets.",
            false, 'o'},
           {"dry-run", "", "Print the text and the lists, write nothing"},
           {"json", "", "Print the lists as JSON"}}}},
        CommandInfo::Kind::import,
    };
    return info;
}

ExitCode run_import(Arguments arguments) {
    Problems problems;
    Options options(import_info());
    const std::vector<std::string> given = arguments.words;
    ImportWords words = split_words(std::move(arguments.words));
    if (!parse_or_help(options, std::move(words.options), problems)) {
        return ExitCode::ok;
    }
    if (const std::string text = missing_dashes(given, words); !text.empty()) {
        Problems only;
        only.add(words.files.front(), text);
        throw UsageError{std::move(only), "import"};
    }
    const std::string output = options.text("output").value_or("ferrotunnel.yml");
    const bool is_dry = options.flag("dry-run", problems) || output == "-";
    const bool is_json = options.flag("json", problems);
    check_words(words, problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "import"};
    }
    std::optional<OutputFiles> files;
    try {
        Draft draft = read_sources(words);
        const std::filesystem::path path = output_path(output);
        importing::settle_tokens(draft, path.parent_path());
        importing::settle_passwords(draft);
        importing::ask_about_plugins(draft);
        importing::sort_entries(draft);
        files.emplace(std::move(draft), path);
    } catch (const importing::SourceError& error) {
        print_error("ferrotunnel: {}\n", printable(error.what()));
        return ExitCode::usage;
    }
    if (const std::string existing = is_dry ? "" : files->existing(); !existing.empty()) {
        problems.add(existing, "already exists; nothing was written. Name another file or folder with --output");
        throw UsageError{std::move(problems), "import"};
    }
    const std::vector<std::string> faults = check_result(*files, options, arguments);
    const std::vector<std::string> written = is_dry ? std::vector<std::string>() : files->write();
    if (is_json) {
        fmt::print("{}\n", importing::report_json(files->draft(), written, faults));
    } else {
        is_dry ? print_texts(*files) : print_written(*files, written);
        report(files->draft(), faults);
    }
    return files->draft().lost.empty() && faults.empty() ? ExitCode::ok : ExitCode::failure;
}

}  // namespace ferrotunnel::cli
