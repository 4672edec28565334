// `ferrotunnel login`, which saves a server and its token for later commands, and `ferrotunnel token`.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "commands.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/program.hpp"
#include "help.hpp"
#include "known_servers.hpp"
#include "print_error.hpp"
#include "printable.hpp"
#include "prompt.hpp"
#include "signals.hpp"
#include "stored_login.hpp"
#include "token_source.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto login_patience = 20s;  // twice the longest time of one attempt

const OptionInfo pin_option{"tls-pin", "PIN", "Key that the server must have, as it prints it (optional)"};

// Reads the user's input: a join string, or a server and its token.
std::optional<Join> wanted_login(const Options& options, Arguments& arguments, Signals& signals, Problems& problems) {
    std::string error;
    std::optional<Secret> line = arguments.join ? std::optional(arguments.join->copy()) : std::nullopt;
    if (!options.operand()) {
        line = can_prompt() ? prompt_for_secret("Join string: ", signals) : piped_secret(signals);
    }
    if (line) {
        auto join = parse_join(line->reveal(), error);
        if (!join) {
            problems.add("JOIN", error);
        }
        for (const char* option : {"token-file", "tls-pin"}) {
            if (options.has(option) && !options.from_environment(option)) {
                problems.add(options.place_of(option), "is already part of the join string");
            }
        }
        return join;
    }
    if (!options.operand()) {
        problems.add("HOST",
                     "missing: the server, like tunnel.example.com, or a join string, which can also be piped in");
        return std::nullopt;
    }
    Join join;
    join.server = *options.operand();
    join.pin = options.text("tls-pin").value_or("");
    std::optional<Secret> answered;
    const Sources sources{options, arguments};
    for (FoundToken& token :
         find_tokens(sources, fmt::format("Token for {}: ", join.server), signals, answered, problems)) {
        join.token = std::move(token.secret);
    }
    if (!problems.empty()) {
        return std::nullopt;
    }
    const Secret text = join_string(join);
    auto checked = parse_join(text.reveal(), error);
    if (!checked) {
        problems.add(join.token.is_strong() ? "HOST" : "--token-file",
                     join.token.is_strong() ? error : "only tokens made by `ferrotunnel token` can be saved");
    }
    return checked;
}

// Logs in once, so that only a working login is saved. `others`: the other servers of the cluster.
ExitCode try_login(const Join& join, std::vector<std::string>& others) {
    std::string why;
    Client client = Client::builder()
                        .server(join.server)
                        .token(join.token.copy())
                        .tls_pin(join.pin)
                        .connections(1)
                        .redundancy(1)
                        .attempts(1)
                        .on_event([&why](const Event& event) {
                            if (event.kind == Event::Kind::lost || event.kind == Event::Kind::refused) {
                                why = event.text;
                            }
                        })
                        .build();
    client.start();
    const std::error_code error = client.wait_ready(login_patience);
    others = program::known_servers(client);
    client.stop(0s);  // after this, no thread writes to `why`
    if (!error) {
        return ExitCode::ok;
    }
    print_error("ferrotunnel: not logged in to {}: {}\n", printable(join.server),
                printable(why.empty() ? error.message() : why));
    return error == errc::unauthorized ? ExitCode::refused : ExitCode::lost;
}

}  // namespace

const CommandInfo& login_info() {
    static const CommandInfo info{
        "login",
        "save a server and its token for the other commands",
        "HOST|JOIN",
        "  ferrotunnel login tunnel.example.com\n"
        "  ferrotunnel login             # asks for the join string that `ferrotunnel token --join` prints\n"
        "Then `ferrotunnel http 3000` is enough. ~/.config/ferrotunnel/login keeps both, for this user only.\n",
        {{"Options",
          {{"token-file", "FILE", "File with the server's token (default: asked for)"},
           plain_token_option(),
           pin_option}}},
        CommandInfo::Kind::login};
    return info;
}

ExitCode run_login(Arguments arguments) {
    Problems problems;
    Options options(login_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    Signals signals;
    const std::optional<Join> join = wanted_login(options, arguments, signals, problems);
    if (!problems.empty() || !join) {
        throw UsageError{std::move(problems), "login"};
    }
    std::vector<std::string> others;
    if (const ExitCode code = try_login(*join, others); code != ExitCode::ok) {
        return code;
    }
    store_login(*join);
    KnownServers known;
    known.use(*join, known_servers_file());
    known.save(std::move(others));
    fmt::print("logged in to {}; saved in {}\n", printable(join->server), printable(login_file()));
    return ExitCode::ok;
}

const CommandInfo& token_info() {
    static const CommandInfo info{
        "token",
        "print a new token for a server and its clients, or a join string",
        "",
        "  ferrotunnel token > token; chmod 600 token\n"
        "  ferrotunnel token --join tunnel.example.com --token-file token --tls-pin sha256:...\n"
        "`ferrotunnel login` asks for the join string. It is as secret as the token.\n",
        {{"Join string",
          {{"join", "HOST[:PORT]", "Print a join string for this server and the token of --token-file"},
           {"token-file", "FILE", "File with the token of the join string"},
           pin_option}}},
        CommandInfo::Kind::print};
    return info;
}

ExitCode run_token(Arguments arguments) {
    Problems problems;
    Options options(token_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const std::string server = options.text("join").value_or("");
    Join join{server, {}, options.text("tls-pin").value_or("")};
    if (server.empty()) {
        for (const char* option : {"token-file", "tls-pin"}) {
            if (options.has(option) && !options.from_environment(option)) {
                problems.add(options.place_of(option), "is for a join string: --join HOST");
            }
        }
    } else if (!options.has("token-file")) {
        problems.add("--token-file", "missing: the file with the server's token");
    } else {
        join.token = Secret::from_file(*options.text("token-file"));
        const Secret text = join_string(join);
        std::string error;
        if (!parse_join(text.reveal(), error)) {
            problems.add("--join", join.token.is_strong() ? error : "takes only tokens made by `ferrotunnel token`");
        }
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "token"};
    }
    const Secret printed = server.empty() ? Secret::generate() : join_string(join);
    fmt::print("{}\n", printed.reveal());
    if (::isatty(STDOUT_FILENO) == 1) {
        print_error("{}", server.empty()
                              ? "Keep it secret. Server and clients read it from --token-file or FERROTUNNEL_TOKEN.\n"
                              : "It contains the token: keep it secret. `ferrotunnel login` asks for it.\n");
    }
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
