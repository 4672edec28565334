// `ferrotunnel config diff`: compares the configuration in effect with the file.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "control_commands.hpp"
#include "control_targets.hpp"
#include "foreign_words.hpp"
#include "help.hpp"
#include "printable.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {
namespace {

std::string said(const Json& change, const char* key) {
    const std::string text = text_in(change, key);
    return text.empty() ? "nothing" : text;
}

std::string line_of(const Json& change) {
    const std::string place = text_in(change, "place");
    const std::string key = printable(text_in(change, "key"));
    if (text_in(change, "before").empty() && text_in(change, "now").empty()) {
        return fmt::format("{}: its content has changed", key);
    }
    return fmt::format("{}: {} -> {}{}", key, printable(said(change, "before")), printable(said(change, "now")),
                       place.empty() ? "" : fmt::format("   ({})", printable(place)));
}

// Returns whether anything was printed.
bool print_changes(const Json& answer, bool needs_restart, const char* heading) {
    bool any = false;
    for (const Json& change : member_of(answer, "changes")) {
        const auto found = change.find("needs_restart");
        if (found == change.end() || *found != Json(needs_restart)) {
            continue;
        }
        fmt::print("{}  {}\n", any ? "" : fmt::format("{}\n", heading), line_of(change));
        any = true;
    }
    return any;
}

}  // namespace

const CommandInfo& config_info() {
    static const CommandInfo info{
        "config",
        "compare the configuration in effect with the file: `config diff`",
        "diff",
        "  ferrotunnel config diff\n"
        "  ferrotunnel config diff --json\n"
        "The exit code is 0 if nothing differs, and 1 if something does or no program answers.\n",
        {{"Options", {{"json", "", "Print the answer as JSON"}}}, target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

ExitCode run_config(Arguments arguments) {
    Problems problems;
    Options options(config_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    if (options.operand().value_or("") != "diff") {
        const std::string here = equivalent_command({options.operand().value_or("")});
        const std::string expected = here.empty() ? ": expected diff" : "; " + here;
        problems.add(options.operand().value_or("diff"),
                     options.operand() ? "no such command of `config`" + expected : "missing: expected diff");
    }
    const bool json = options.flag("json", problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "config"};
    }
    const std::string text = Control(selected_program(options, "", true).path).config_diff();
    const Json answer = Json::parse(text, nullptr, false);
    if (json) {
        fmt::print("{}", text);
        return member_of(answer, "changes").empty() ? ExitCode::ok : ExitCode::failure;
    }
    const bool live = print_changes(answer, false, "a reload applies:");
    const bool later = print_changes(answer, true, "needs a restart:");
    if (!live && !later) {
        fmt::print("no differences\n");
    }
    return live || later ? ExitCode::failure : ExitCode::ok;
}

}  // namespace ferrotunnel::cli
