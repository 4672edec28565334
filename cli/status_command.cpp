// `ferrotunnel status`, `ferrotunnel health` and `ferrotunnel tokens`
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "control_commands.hpp"
#include "control_targets.hpp"
#include "help.hpp"
#include "printable.hpp"
#include "service_rows.hpp"
#include "status_text.hpp"
#include "token_commands.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds interval_default = 2s;
constexpr std::chrono::milliseconds interval_min = 100ms;

const OptionInfo programs_json_option{"json", "", "Print the answer of each program as one line of JSON"};

Json parsed(const std::string& answer) {
    return Json::parse(answer, nullptr, false);
}

// Removes all other tokens from an answer. False if it does not have this one.
bool keep_only(const std::string& name, Json& answer) {
    Json kept = Json::array();
    for (const Json& token : member_of(answer, "tokens")) {
        if (text_in(token, "name") == name) {
            kept.push_back(token);
        }
    }
    const bool is_there = !kept.empty();
    if (is_there) {
        answer["tokens"] = std::move(kept);
    }
    return is_there;
}

// Prints the status of each program once. `before` has the previous one of each, by socket.
void print_status(const std::vector<ControlProgram>& programs, const Options& options, bool json,
                  const std::string& order, std::map<std::string, Json>& before) {
    std::string text;
    for (const ControlProgram& program : programs) {
        const std::string answer = control_of(program, options).status();
        if (json) {
            text += answer;
            continue;
        }
        Json status = parsed(answer);
        text += (text.empty() ? "" : "\n") + target_text(program, options) + ": ";
        text += status_text(status, before[program.path], order);
        before[program.path] = std::move(status);
    }
    fmt::print("{}", text);
    std::fflush(stdout);
}

}  // namespace

const CommandInfo& status_info() {
    static const CommandInfo info{
        "status",
        "show running servers and clients: tunnels, services, visitors, rates",
        "",
        "  ferrotunnel status\n"
        "  ferrotunnel status --watch --sort rate\n"
        "  ferrotunnel status --json | jq .traffic\n"
        "  sudo ferrotunnel status                    # of services that systemd runs, too\n"
        "  ferrotunnel status --server b              # another server of the cluster\n",
        {{"Options",
          {
              {"watch", "", "Repeat until Ctrl-C, with rates per second"},
              {"interval", "TIME", "Interval of --watch (default 2s)"},
              sort_option(),
              programs_json_option,
          }},
         member_target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

const CommandInfo& health_info() {
    static const CommandInfo info{
        "health",
        "report whether running servers and clients can serve visitors",
        "",
        "  ferrotunnel health\n"
        "  HEALTHCHECK CMD [\"ferrotunnel\", \"health\"]          # in a Dockerfile, without a shell\n"
        "The exit code is 0 if all of them can, and 1 with the reason if one cannot.\n",
        {member_target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

const CommandInfo& tokens_info() {
    static const CommandInfo info{
        "tokens",
        "list a server's tokens by name, with their rights and what their clients use",
        "[NAME|add|rights|remove]",
        "  ferrotunnel tokens\n"
        "  ferrotunnel tokens alice                   # only this one\n"
        "  ferrotunnel tokens add alice               # at all servers of a cluster\n",
        {{"Options", {programs_json_option}}, member_target_section()},
        CommandInfo::Kind::ask,
        ValueKind::token,
        {tokens_add_info, tokens_rights_info, tokens_remove_info},
    };
    return info;
}

ExitCode run_status(Arguments arguments) {
    Problems problems;
    Options options(status_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const bool json = options.flag("json", problems);
    const bool watch = options.flag("watch", problems);
    const std::string order = options.choice("sort", problems).value_or("");
    const auto interval = std::max(options.time("interval", problems, 24h).value_or(interval_default), interval_min);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "status"};
    }
    std::map<std::string, Json> before;
    for (;;) {
        const std::vector<ControlProgram> programs = selected_programs(options, "");
        if (watch && !json && ::isatty(STDOUT_FILENO) == 1) {
            fmt::print("\x1b[H\x1b[2J");
        }
        print_status(programs, options, json, order, before);
        if (!watch) {
            return ExitCode::ok;
        }
        std::this_thread::sleep_for(interval);
    }
}

// Visitors are served, and something else does not work; empty: nothing.
std::string degradation_in(const Json& status) {
    const Json& store = member_of(member_of(status, "cluster"), "store");
    return !store.is_object() || member_of(store, "in_order") == true
               ? std::string()
               : ", degraded: etcd cannot be asked, so new names are refused for now: " +
                     printable(text_in(store, "problem"));
}

ExitCode run_health(Arguments arguments) {
    Problems problems;
    Options options(health_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "health"};
    }
    ExitCode code = ExitCode::ok;
    for (const ControlProgram& program : selected_programs(options, "")) {
        const Json status = parsed(control_of(program, options).status());
        const std::string why_not = text_in(status, "not_ready");
        fmt::print("{}: {}\n", target_text(program, options),
                   why_not.empty() ? "ready" + degradation_in(status) : printable(why_not));
        code = why_not.empty() ? code : ExitCode::failure;
    }
    return code;
}

ExitCode run_tokens(Arguments arguments) {
    if (is_token_command(arguments.words)) {
        return run_token_command(std::move(arguments.words));
    }
    Problems problems;
    Options options(tokens_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const bool json = options.flag("json", problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "tokens"};
    }
    const std::optional<std::string>& name = options.operand();
    bool is_found = !name;
    for (const ControlProgram& program : selected_programs(options, "server")) {
        const std::string answer = control_of(program, options).tokens();
        Json tokens = parsed(answer);
        if (name && !keep_only(*name, tokens)) {
            continue;
        }
        is_found = true;
        const std::string text = name ? tokens.dump() + '\n' : answer;
        fmt::print("{}", json ? text : target_text(program, options) + ":\n" + tokens_text(tokens));
    }
    if (!is_found) {
        throw std::runtime_error("no server has a token named " + *name);
    }
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
