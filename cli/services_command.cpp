// `ferrotunnel services`, `services add` and `services remove`
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "cluster_text.hpp"
#include "control_commands.hpp"
#include "control_targets.hpp"
#include "help.hpp"
#include "http_spec.hpp"
#include "print_error.hpp"
#include "printable.hpp"
#include "service_rows.hpp"
#include "status_text.hpp"
#include "tcp_spec.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::seconds answer_patience = 30s;  // for the server's answer about a service

// For the commands that change services.
OptionSection whose_section() {
    return {"Client",
            {{"client", "NAME", "Ask a server to change this client (see `client --managed`)",
              "Ask a server to change the services of this client, by its name or id, as far as the client allows it "
              "(`client --managed`).",
              false, 0, ValueKind::client}}};
}

// The selected program, and the client of a server.
Control wanted_control(const Options& options) {
    const auto client = options.text("client");
    const Control control(selected_program(options, client ? "server" : "client").path);
    return client ? control.of_client(*client) : control;
}

const CommandInfo& add_info() {
    static const CommandInfo info{
        "services add",
        "add a service, or a range of ports, to a running client",
        "",
        "  ferrotunnel services add --tcp 2222=22\n"
        "  ferrotunnel services add --http app.example.com=3000 --name app\n"
        "  ferrotunnel services add --client nas --http app.example.com=3000   # on the client's server\n"
        "  ferrotunnel services add --json '{\"http\": \"app.example.com\", \"local\": \"3000\", \"path\": "
        "\"/api\"}'\n",
        {{"Service, one of these",
          {
              {"tcp", "PORT=ADDRESS", "TCP service, as with `client --tcp`"},
              {"udp", "PORT=ADDRESS", "UDP service, as with `client --udp`"},
              {"http", "HOST=ADDRESS", "HTTP service, as with `client --http`"},
              {"passthrough", "HOST=ADDRESS", "TLS service, as with `client --passthrough`"},
              {"json", "OBJECT", "Service with all its settings, as in `client.services` of a file"},
          }},
         {"Options",
          {
              {"name", "NAME", "Name of the service (default: made from its port or host)"},
              {"keep", "", "Keep the service after a restart",
               "Keep the service after a restart: it is written to conf.d/90-runtime.yml next to the client's "
               "configuration file. Default: it lasts until the client ends."},
          }},
         whose_section(),
         target_section()},
        CommandInfo::Kind::ask,
    };
    return info;
}

const CommandInfo& remove_info() {
    static const CommandInfo info{
        "services remove",
        "remove a service from a running client; its visitors finish",
        "NAME",
        "  ferrotunnel services remove tcp:2222\n",
        {{"Options", {{"keep", "", "Also forget a service that was added with --keep"}}},
         whose_section(),
         target_section()},
        CommandInfo::Kind::ask,
        ValueKind::service,
    };
    return info;
}

const CommandInfo& disable_info() {
    static const CommandInfo info{
        "services disable",
        "disable a service of a running client; its visitors finish",
        "NAME",
        "  ferrotunnel services disable web\n"
        "It stays disabled after a reload and a restart: conf.d/90-runtime.yml next to the client's\n"
        "configuration file records it. Without a configuration file it lasts until the client ends.\n",
        {whose_section(), target_section()},
        CommandInfo::Kind::ask,
        ValueKind::service,
    };
    return info;
}

const CommandInfo& enable_info() {
    static const CommandInfo info{
        "services enable",
        "enable a disabled service of a running client",
        "NAME",
        "  ferrotunnel services enable web\n",
        {whose_section(), target_section()},
        CommandInfo::Kind::ask,
        ValueKind::service,
    };
    return info;
}

Json described(const Tcp& tcp) {
    Json json{{"tcp", tcp.remote_port}, {"local", tcp.local}};
    if (tcp.is_private) {
        json["tcp"] = "private";
    }
    if (!tcp.bind.empty()) {
        json["bind"] = tcp.bind;
    }
    return json;
}

Json described(const Udp& udp) {
    Json json{{"udp", udp.remote_port}, {"local", udp.local}};
    if (!udp.bind.empty()) {
        json["bind"] = udp.bind;
    }
    return json;
}

// The client that serves a folder has another working directory than this command.
std::string seen_from_there(const std::string& local) {
    constexpr std::string_view prefix = "files:";
    std::error_code error;
    if (!local.starts_with(prefix)) {
        return local;
    }
    const std::filesystem::path whole = std::filesystem::absolute(local.substr(prefix.size()), error);
    return error ? local : std::string(prefix) + whole.string();
}

Json described(const Http& http) {
    Json json{{"http", http.host.empty() ? "assigned" : http.host}, {"local", seen_from_there(http.local)}};
    if (!http.path.empty()) {
        json["path"] = http.path;
    }
    return json;
}

Json described(const Tls& tls) {
    return {{"tls", tls.host}, {"local", tls.local}};
}

template <typename Parse>
void describe(const Options& options, std::string_view name, Parse parse, std::vector<Json>& found,
              Problems& problems) {
    if (const auto text = options.text(name)) {
        std::string error;
        const auto services = parse(*text, error);
        if (services.size() > 1) {  // a range of ports, which the client expands as in files
            const std::size_t equals = text->find('=');
            found.push_back({{std::string(name), text->substr(0, equals)}, {"local", text->substr(equals + 1)}});
            return;
        }
        for (const auto& service : services) {
            found.push_back(described(service));
        }
        if (services.empty()) {
            problems.add(options.place_of(name) + ' ' + *text, error);
        }
    }
}

Json wanted_service(const Options& options, Problems& problems) {
    std::vector<Json> found;
    describe(options, "tcp", parse_tcp_spec, found, problems);
    describe(options, "udp", parse_udp_spec, found, problems);
    describe(options, "http", parse_http_spec, found, problems);
    describe(options, "passthrough", parse_tls_spec, found, problems);
    if (const auto text = options.text("json")) {
        found.push_back(Json::parse(*text, nullptr, false));
        if (!found.back().is_object()) {
            problems.add("--json", R"(is not a JSON object, like {"tcp": 2222, "local": "127.0.0.1:22"})");
        }
    }
    if (!problems.empty()) {
        return {};
    }
    if (found.size() != 1) {
        problems.add("--tcp", found.empty() ? "missing: what to offer, like --tcp 2222=127.0.0.1:22"
                                            : "takes one service at a time");
        return {};
    }
    if (const auto name = options.text("name")) {
        found.front()["name"] = *name;
    }
    return found.front();
}

Json service_called(const Control& control, const std::string& name) {
    const Json answer = Json::parse(control.services(), nullptr, false);
    for (const Json& service : member_of(answer, "services")) {
        if (text_in(service, "name") == name) {
            return service;
        }
    }
    return {};
}

// Waits for the server's answer and prints it.
ExitCode tell_result(const Control& control, const std::string& name) {
    const auto until = std::chrono::steady_clock::now() + answer_patience;
    for (;;) {
        const Json service = service_called(control, name);
        const std::string state = text_in(service, "state");
        if (state == "registered") {
            const std::string endpoint = text_in(service, "endpoint");
            fmt::print("{}: {} -> {}\n", name, endpoint.empty() ? "private" : endpoint, text_in(service, "local"));
            return ExitCode::ok;
        }
        if (state == "disabled") {
            fmt::print("{}: off, by {}\n", name, text_in(service, "disabled_by"));
            return ExitCode::ok;
        }
        if (state == "refused") {
            print_error("ferrotunnel: {} is added, but the server rejects it: {}\n", name, text_in(service, "why"));
            return ExitCode::failure;
        }
        if (state.empty()) {
            print_error("ferrotunnel: {} was added, but has been removed again\n", name);
            return ExitCode::failure;
        }
        if (std::chrono::steady_clock::now() > until) {
            fmt::print("{}: added; the server has not answered yet\n", name);
            return ExitCode::ok;
        }
        std::this_thread::sleep_for(50ms);
    }
}

ExitCode add(std::vector<std::string> words) {
    Problems problems;
    Options options(add_info());
    if (!parse_or_help(options, std::move(words), problems)) {
        return ExitCode::ok;
    }
    Json service = wanted_service(options, problems);
    if (options.flag("keep", problems) && problems.empty()) {
        service["keep"] = true;
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "services"};
    }
    const Control control = wanted_control(options);
    const Json added = Json::parse(control.add_service(service.dump()), nullptr, false);
    ExitCode code = ExitCode::ok;
    for (const Json& name : member_of(added, "names")) {
        if (name.is_string()) {
            const ExitCode of_one = tell_result(control, name.get<std::string>());
            code = of_one == ExitCode::ok ? code : of_one;
        }
    }
    if (const std::string kept = text_in(added, "kept"); !kept.empty()) {
        fmt::print("saved in {}\n", printable(kept));
    }
    return code;
}

ExitCode remove(std::vector<std::string> words) {
    Problems problems;
    Options options(remove_info());
    if (!parse_or_help(options, std::move(words), problems)) {
        return ExitCode::ok;
    }
    if (!options.operand()) {
        problems.add("NAME", "missing: the service, as `ferrotunnel services` lists it");
    }
    const bool keep = options.flag("keep", problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "services"};
    }
    (void)wanted_control(options).remove_service(*options.operand(), keep);
    fmt::print("{} is removed; its visitors finish\n", printable(*options.operand()));
    return ExitCode::ok;
}

ExitCode switch_service(std::vector<std::string> words, bool enabled) {
    Problems problems;
    Options options(enabled ? enable_info() : disable_info());
    if (!parse_or_help(options, std::move(words), problems)) {
        return ExitCode::ok;
    }
    if (!options.operand()) {
        problems.add("NAME", "missing: the service, as `ferrotunnel services` lists it");
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "services"};
    }
    const std::string& name = *options.operand();
    const Control control = wanted_control(options);
    const Json answer = Json::parse(control.set_enabled(name, enabled), nullptr, false);
    if (!enabled) {
        fmt::print("{} is disabled; its visitors finish\n", printable(name));
    }
    const ExitCode code = enabled ? tell_result(control, name) : ExitCode::ok;
    if (const std::string kept = text_in(answer, "kept"); !kept.empty()) {
        fmt::print("saved in {}\n", printable(kept));
    } else if (!enabled) {
        fmt::print("not saved: this lasts until the client ends\n");
    }
    return code;
}

// Of the clients of all servers of a cluster.
Json names_of_cluster(const Control& control) {
    Json names = Json::array();
    for (std::uint64_t from = 0;;) {
        const Json page = Json::parse(control.cluster_names(from), nullptr, false);
        for (const Json& name : member_of(page, "names")) {
            names.push_back(name);
        }
        from = static_cast<std::uint64_t>(number_in(page, "next"));
        if (from == 0) {
            return names;
        }
    }
}

ExitCode list_cluster(const Options& options, bool json) {
    const ControlProgram program = selected_program(options, "server");
    Json names = names_of_cluster(control_of(program, options));
    if (json) {
        fmt::print("{}\n", Json{{"names", std::move(names)}}.dump(-1, ' ', false, Json::error_handler_t::replace));
    } else {
        fmt::print("{}:\n{}", target_text(program, options), cluster_names_text(std::move(names)));
    }
    return ExitCode::ok;
}

/// Requests the services of programs and prints them with their rates since the last request.
class ServicesPrinter {
public:
    ServicesPrinter(const Options& options, bool json, std::string order)
        : options_(options), json_(json), order_(std::move(order)) {}

    void ask(const std::vector<ControlProgram>& programs, bool prints) {
        for (const ControlProgram& program : programs) {
            const std::string text = control_of(program, options_).services();
            const auto now = std::chrono::steady_clock::now();
            Seen& before = before_[program.path];
            Json answer = Json::parse(text, nullptr, false);
            const double seconds =
                before.answer.is_object() ? std::chrono::duration<double>(now - before.at).count() : 0;
            if (prints) {
                fmt::print("{}", json_ ? text
                                       : target_text(program, options_) + ":\n" +
                                             services_text(answer, before.answer, seconds, order_) +
                                             names_elsewhere_line(answer));
            }
            before = {std::move(answer), now};
        }
        std::fflush(stdout);
    }

private:
    struct Seen {
        Json answer;
        std::chrono::steady_clock::time_point at;
    };

    const Options& options_;
    const bool json_;
    const std::string order_;
    std::map<std::string, Seen> before_;  // by socket
};

}  // namespace

const CommandInfo& services_info() {
    static const CommandInfo info{
        "services",
        "list services; add, remove, disable and enable those of a running client",
        "[add|remove|disable|enable]",
        "  ferrotunnel services\n"
        "  ferrotunnel services --sort rate            # the busiest services of a server first\n"
        "  ferrotunnel services --all                  # which server of a cluster has which names\n"
        "  ferrotunnel services add --tcp 2222=22      # `ferrotunnel services add --help` explains it\n"
        "  ferrotunnel services remove tcp:2222\n"
        "  ferrotunnel services disable web            # until `ferrotunnel services enable web`\n",
        {{"Options",
          {
              {"watch", "", "Repeat until Ctrl-C, with requests and visits per second"},
              {"interval", "TIME", "Time over which rates are measured (default 1s, with --watch 2s)",
               "Time over which rates are measured, and interval of --watch. Default: 1s with --sort rate, 2s with "
               "--watch."},
              sort_option(),
              {"all", "", "List the names of all servers of a cluster, and where each is",
               "List the hosts, public ports and private services that clients of all servers of a cluster have, with "
               "the server that each client is connected to."},
              {"json", "", "Print the answer of each program as one line of JSON"},
          }},
         member_target_section()},
        CommandInfo::Kind::ask,
        ValueKind::other,
        {add_info, remove_info, disable_info, enable_info},
    };
    return info;
}

ExitCode run_services(Arguments arguments) {
    std::vector<std::string> words = std::move(arguments.words);
    if (!words.empty() && (words.front() == "add" || words.front() == "remove")) {
        const bool adds = words.front() == "add";
        words.erase(words.begin());
        return adds ? add(std::move(words)) : remove(std::move(words));
    }
    if (!words.empty() && (words.front() == "disable" || words.front() == "enable")) {
        const bool enabled = words.front() == "enable";
        words.erase(words.begin());
        return switch_service(std::move(words), enabled);
    }
    Problems problems;
    Options options(services_info());
    if (!parse_or_help(options, std::move(words), problems)) {
        return ExitCode::ok;
    }
    if (options.operand()) {
        fail_usage("services", *options.operand(),
                   "no such command of `services`: expected add, remove, disable or enable");
    }
    const bool json = options.flag("json", problems);
    const bool watch = options.flag("watch", problems);
    const bool all = options.flag("all", problems);
    const std::string order = options.choice("sort", problems).value_or("");
    if (all && (watch || !order.empty() || options.has("interval"))) {
        problems.add("--all", "has no rates; use it without --watch, --interval and --sort");
    }
    const auto given = options.time("interval", problems, 24h);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "services"};
    }
    if (all) {
        return list_cluster(options, json);
    }
    const auto interval = std::max(given.value_or(watch ? 2'000ms : 1'000ms), 100ms);
    const bool has_rates = !json && (watch || given || order == "rate");
    ServicesPrinter printer(options, json, order);
    for (bool is_first = true;; is_first = false) {
        const std::vector<ControlProgram> programs = selected_programs(options, "");
        if (watch && !json && ::isatty(STDOUT_FILENO) == 1) {
            fmt::print("\x1b[H\x1b[2J");
        }
        printer.ask(programs, !is_first || !has_rates || watch);
        if (!watch && (!is_first || !has_rates)) {
            return ExitCode::ok;
        }
        std::this_thread::sleep_for(interval);
    }
}

}  // namespace ferrotunnel::cli
