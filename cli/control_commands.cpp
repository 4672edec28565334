// `ferrotunnel reload`, `ferrotunnel drain` and `ferrotunnel kick`
#include "control_commands.hpp"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "control_targets.hpp"
#include "help.hpp"
#include "printable.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

void print_keys(const Json& answer, const char* key, std::string_view heading) {
    for (const Json& item : member_of(answer, key)) {
        if (item.is_string()) {
            fmt::print("{} {}\n", heading, printable(item.get_ref<const std::string&>()));
        }
    }
}

// Waits until the program no longer listens there, or the member is not linked any more.
void wait_for_end(const Control& control) {
    for (;;) {
        try {
            (void)control.status();
        } catch (const control_error& error) {
            if (error.why() == control_error::Why::nobody || error.code() == "not_linked") {
                return;
            }
            if (error.why() != control_error::Why::broken && error.code() != "no_answer") {
                throw;
            }
        }
        std::this_thread::sleep_for(100ms);
    }
}

}  // namespace

const CommandInfo& reload_info() {
    static const CommandInfo info{
        "reload",
        "reload the configuration file of a running program",
        "",
        "  ferrotunnel check && ferrotunnel reload\n"
        "  ferrotunnel reload --try 60s      # reverts it after a minute, unless you confirm it:\n"
        "  ferrotunnel reload --confirm\n",
        {{"Options",
          {
              {"try", "TIME", "Revert the changes after this time, unless --confirm is given first",
               "Revert this reload and all later changes when this time (1s to 24h) has passed, unless --confirm is "
               "given first. Another --try restarts the time."},
              {"confirm", "", "Keep the changes of --try"},
              {"json", "", "Print the answer as JSON, with the names of unchanged settings"},
          }},
         member_target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

const CommandInfo& drain_info() {
    static const CommandInfo info{
        "drain",
        "stop a running program after its visitors have finished, as SIGTERM does",
        "",
        "  ferrotunnel drain --wait\n"
        "  ferrotunnel drain --time 5m\n"
        "  ferrotunnel drain --server b --wait        # another server of the cluster\n"
        "In a cluster the server's clients move to other servers first, and it accepts visitors meanwhile.\n",
        {{"Options",
          {
              {"time", "TIME", "Time for visitors to finish (default: --drain of the program)"},
              {"wait", "", "Wait until the program ends"},
          }},
         member_target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

const CommandInfo& kick_info() {
    static const CommandInfo info{
        "kick",
        "disconnect a client from a server, by its name or id",
        "NAME|ID",
        "  ferrotunnel kick alice\n"
        "  ferrotunnel kick 3                # the id that `ferrotunnel status` shows\n"
        "  ferrotunnel kick --for 10m alice\n"
        "Without --for the client may reconnect at once. --for applies to the client's token and name, or\n"
        "to its token and process if it has no name. Another --for starts the time again: `--for 1s`\n"
        "accepts the client again. A restarted server accepts all clients.\n",
        {{"Options", {{"for", "TIME", "Reject the client for this time, 1s to 720h; it retries by itself"}}},
         member_target_section()},
        CommandInfo::Kind::ask,
        ValueKind::client,
    };
    return info;
}

ExitCode run_reload(Arguments arguments) {
    Problems problems;
    Options options(reload_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const std::optional<std::chrono::milliseconds> trial = options.time("try", problems);
    const bool confirms = options.flag("confirm", problems);
    const bool json = options.flag("json", problems);
    if (trial && confirms) {
        problems.add("--confirm", "confirms a trial that is already running; use it without --try");
    }
    if (trial && (*trial < 1s || *trial > 24h)) {
        problems.add(options.place_of("try"), "must be from 1s to 24h");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "reload"};
    }
    const Control control = control_of(selected_program(options, "", true), options);
    if (confirms) {
        (void)control.confirm_reload();
        fmt::print("confirmed: the changes on trial stay\n");
        return ExitCode::ok;
    }
    const double seconds = trial ? std::chrono::duration<double>(*trial).count() : 0;
    const std::string text = trial ? control.try_reload(seconds) : control.reload();
    if (json) {
        fmt::print("{}", text);
        return ExitCode::ok;
    }
    const Json answer = Json::parse(text, nullptr, false);
    print_keys(answer, "applied", "applied:");
    print_keys(answer, "needs_restart", "needs a restart:");
    if (member_of(answer, "applied").empty() && member_of(answer, "needs_restart").empty()) {
        fmt::print("nothing has changed\n");
    } else {
        const Json& counts = member_of(answer, "counts");
        fmt::print("{} changed, {} unchanged, {} need a restart\n", number_in(counts, "applied"),
                   number_in(counts, "unchanged"), number_in(counts, "needs_restart"));
    }
    if (const auto left = answer.find("trial_seconds"); left != answer.end() && left->is_number()) {
        fmt::print(
            "on trial: {} reverted in {:g} s, unless you run `ferrotunnel reload --confirm`\n",
            trial && member_of(answer, "applied").empty() ? "all changes made in the meantime are" : "this reload is",
            left->get<double>());
    }
    return ExitCode::ok;
}

ExitCode run_drain(Arguments arguments) {
    Problems problems;
    Options options(drain_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const std::optional<std::chrono::milliseconds> time = options.time("time", problems);
    const bool waits = options.flag("wait", problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "drain"};
    }
    const Control control = control_of(selected_program(options, "", true), options);
    (void)control.drain(time ? std::chrono::duration<double>(*time).count() : -1);
    if (!waits) {
        fmt::print("it accepts no new visitors, and ends when the present ones have finished\n");
        return ExitCode::ok;
    }
    wait_for_end(control);
    fmt::print("the program ended\n");
    return ExitCode::ok;
}

ExitCode run_kick(Arguments arguments) {
    Problems problems;
    Options options(kick_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    if (!options.operand()) {
        problems.add("NAME|ID", "missing: a client; `ferrotunnel status` lists them");
    }
    const std::optional<std::chrono::milliseconds> out = options.time("for", problems);
    if (out && (*out < 1s || *out > 720h)) {
        problems.add(options.place_of("for"), "must be from 1s to 720h");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "kick"};
    }
    const Control control = control_of(selected_program(options, "server"), options);
    const double seconds = out ? std::chrono::duration<double>(*out).count() : 0;
    const std::string text = out ? control.kick(*options.operand(), seconds) : control.kick(*options.operand());
    const Json answer = Json::parse(text, nullptr, false);
    const std::int64_t clients = number_in(answer, "kicked");
    fmt::print("{} client{} disconnected\n", clients, clients == 1 ? "" : "s");
    if (const std::int64_t kept_out = number_in(answer, "kept_out"); kept_out != 0) {
        fmt::print("{} client{} rejected for {}\n", kept_out, kept_out == 1 ? " is" : "s are",
                   duration_text(static_cast<std::int64_t>(seconds)));
    }
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
