// `ferrotunnel acme`, `acme record`, `acme renew` and `acme change-key`: certificates that a server gets from CAs.
#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "acme_text.hpp"
#include "control_commands.hpp"
#include "control_targets.hpp"
#include "help.hpp"
#include "order_wait.hpp"
#include "printable.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {
namespace {

// For answers that need CAs and DNS: longer than the server waits for them.
constexpr std::chrono::seconds ca_patience{100};

// As long as an order may take (docs/https.md), and how often its state is read.
constexpr std::chrono::minutes renew_patience{15};
constexpr std::chrono::milliseconds renew_interval{500};

const CommandInfo& acme_record_info() {
    static const CommandInfo info{
        "acme record",
        "print the TXT records for certificates by DNS, and check them",
        "[HOST]",
        "  ferrotunnel acme record                    # for *.DOMAIN and the wildcards of `acme.names`\n"
        "  ferrotunnel acme record app.example.com    # for this host\n"
        "Prints a record for each CA, as a line of a zone file. It lets the CA issue certificates for\n"
        "*.DOMAIN, or for HOST, to this server's account, for good: renewals need no other record\n"
        "(DNS-PERSIST-01). An account is registered first if there is none. The exit code is 1 if DNS does\n"
        "not have a record.\n",
        {{"Options", {{"json", "", "Print the answer as JSON"}}}, target_section()},
        CommandInfo::Kind::ask,
        ValueKind::host,
    };
    return info;
}

const CommandInfo& acme_renew_info() {
    static const CommandInfo info{
        "acme renew",
        "order a certificate again now, whatever failed before",
        "[NAME]",
        "  ferrotunnel acme renew app.example.com\n"
        "  ferrotunnel acme renew                     # all names that wait after a failure\n"
        "  ferrotunnel acme renew --wait app.example.com\n"
        "Without --wait `ferrotunnel acme` shows the result. With it the exit code is 1 if an order fails,\n"
        "or takes more than 15 min. The limits of the CA stay in force.\n",
        {{"Options", {{"wait", "", "Wait until the orders have ended, and print their results"}}}, target_section()},
        CommandInfo::Kind::ask,
        ValueKind::host,
    };
    return info;
}

const CommandInfo& acme_change_key_info() {
    static const CommandInfo info{
        "acme change-key",
        "replace the key of the server's account at each CA",
        "",
        "  ferrotunnel acme change-key\n"
        "For a key that may have been read by others. Certificates and TXT records stay valid.\n",
        {target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

// The options of a command below `acme`. Empty if the words request help.
std::optional<Options> read_acme(const CommandInfo& info, std::vector<std::string> words) {
    Problems problems;
    Options options(info);
    if (!parse_or_help(options, std::move(words), problems)) {
        return std::nullopt;
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "acme"};
    }
    return options;
}

bool is_acme_json(const Options& options) {
    Problems ignored;
    return options.flag("json", ignored);
}

Control acme_server(const Options& options) {
    return Control(selected_program(options, "server").path, ca_patience);
}

ExitCode print_acme(const Options& options) {
    const std::string answer = acme_server(options).acme();
    fmt::print("{}", is_acme_json(options) ? answer : acme_text(Json::parse(answer, nullptr, false)));
    return ExitCode::ok;
}

ExitCode print_records(const Options& options) {
    const std::string host = options.operand().value_or("");
    const Control server = acme_server(options);
    const std::string answer = host.empty() ? server.acme_records() : server.acme_records(true, host);
    const Json records = Json::parse(answer, nullptr, false);
    fmt::print("{}", is_acme_json(options) ? answer : records_text(records));
    return have_all_records(records) ? ExitCode::ok : ExitCode::failure;
}

// The names that `acme renew` orders.
Json names_to_renew(const Control& server, const std::string& name) {
    Json answer = Json::parse(name.empty() ? server.acme() : server.acme(name), nullptr, false);
    if (name.empty() && member_of(answer, "names").is_array()) {
        std::erase_if(answer["names"].get_ref<Json::array_t&>(),
                      [](const Json& one) { return text_in(one, "problem").empty(); });
    }
    return answer;
}

ExitCode renew_and_wait(const Control& server, const std::string& name) {
    const Json before = names_to_renew(server, name);
    OrderWait wait(before);
    (void)server.acme_renew(name);
    const auto start = std::chrono::steady_clock::now();
    while (!wait.has_ended()) {
        const auto passed = std::chrono::steady_clock::now() - start;
        if (passed > renew_patience) {
            fmt::print("still not ended after 15 min; `ferrotunnel acme` shows the result\n");
            return ExitCode::failure;
        }
        std::this_thread::sleep_for(renew_interval);
        const Json now = Json::parse(name.empty() ? server.acme() : server.acme(name), nullptr, false);
        for (const std::string& line :
             wait.update(now, std::chrono::duration_cast<std::chrono::seconds>(passed).count())) {
            fmt::print("{}\n", line);
        }
        std::fflush(stdout);
    }
    if (member_of(before, "names").empty()) {
        fmt::print("no name waits after a failure\n");
    }
    return wait.has_failed() ? ExitCode::failure : ExitCode::ok;
}

ExitCode renew(const Options& options) {
    const std::string name = options.operand().value_or("");
    const Control server = acme_server(options);
    Problems ignored;
    if (options.flag("wait", ignored)) {
        return renew_and_wait(server, name);
    }
    (void)server.acme_renew(name);
    fmt::print("{} ordered again; `ferrotunnel acme` shows the result\n",
               name.empty() ? "all names that wait are" : printable(name) + " is");
    return ExitCode::ok;
}

ExitCode change_key(const Options& options) {
    (void)acme_server(options).acme_change_keys();
    fmt::print("the account keys are replaced\n");
    return ExitCode::ok;
}

struct AcmeCommand {
    std::string_view word;
    const CommandInfo& (*info)();
    ExitCode (*run)(const Options& options);
};

constexpr AcmeCommand commands_below_acme[] = {
    {"status", acme_info, print_acme},
    {"record", acme_record_info, print_records},
    {"renew", acme_renew_info, renew},
    {"change-key", acme_change_key_info, change_key},
};

}  // namespace

const CommandInfo& acme_info() {
    static const CommandInfo info{
        "acme",
        "show a server's certificates from CAs; print their DNS records, renew them",
        "[status|record|renew|change-key]",
        "  ferrotunnel acme                           # each name: its state, and why it has no certificate\n"
        "  ferrotunnel acme record                    # what DNS needs for the certificate of *.DOMAIN\n"
        "  ferrotunnel acme renew app.example.com\n"
        "  ferrotunnel acme change-key\n"
        "`ferrotunnel server --acme EMAIL` gets certificates by itself; nothing here is needed for that.\n",
        {{"Options", {{"json", "", "Print the answer as JSON"}}}, target_section()},
        CommandInfo::Kind::ask,
        ValueKind::other,
        {acme_record_info, acme_renew_info, acme_change_key_info},
    };
    return info;
}

ExitCode run_acme(Arguments arguments) {
    std::vector<std::string> words = std::move(arguments.words);
    AcmeCommand wanted = commands_below_acme[0];
    for (const AcmeCommand& command : commands_below_acme) {
        if (!words.empty() && words.front() == command.word) {
            wanted = command;
            words.erase(words.begin());
            break;
        }
    }
    const auto options = read_acme(wanted.info(), std::move(words));
    if (!options) {
        return ExitCode::ok;
    }
    if (wanted.run == print_acme && options->operand()) {
        Problems problems;
        problems.add(*options->operand(), "no such command of `acme`: expected status, record, renew or change-key");
        throw UsageError{std::move(problems), "acme"};
    }
    return wanted.run(*options);
}

}  // namespace ferrotunnel::cli
