// `ferrotunnel doctor`: finds what stands between this machine and a working tunnel.
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <utility>

#include "commands.hpp"
#include "config_option.hpp"
#include "doctor/limits.hpp"
#include "doctor/report.hpp"
#include "doctor/subject.hpp"
#include "ferrotunnel/control.hpp"
#include "help.hpp"
#include "new_file.hpp"
#include "printable.hpp"
#include "server_list.hpp"
#include "setting_options.hpp"
#include "state_dir.hpp"
#include "stored_login.hpp"
#include "token_source.hpp"
#include "usual_addresses.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

// The settings of a client that decide how it reaches its server.
constexpr std::array<std::string_view, 7> path_settings{"server", "token-file", "proxy",           "tls",
                                                        "tls-ca", "tls-pin",    "allow-weak-token"};

const SettingOptions& doctor_settings() {
    static const SettingOptions chosen = [] {
        SettingOptions made = detail::client_options();
        std::erase_if(made, [](const detail::SettingOption& one) {
            return std::ranges::find(path_settings, one.name) == path_settings.end();
        });
        return made;
    }();
    return chosen;
}

// Where the settings come from.
struct Origin {
    std::shared_ptr<const Config> config;  // null: options
    std::shared_ptr<const Join> login;     // null: none
    std::string text;                      // for the title
    std::string server{};                  // control socket of a running server without a file; empty: none
};

// A running server of this user. Of several none, since one of them has to be chosen.
std::string only_running_server() {
    std::vector<std::string> problems;
    std::string found;
    for (const ControlProgram& program : Control::programs(&problems)) {
        if (program.side == "server") {
            if (!found.empty()) {
                return {};
            }
            found = program.path;
        }
    }
    return found;
}

Origin find_origin(const Options& options, Problems& problems) {
    Origin origin;
    const bool names_file = options.operand() || options.has("config");
    if (!names_file && options.has("control") && !options.from_environment("control")) {
        origin.server = options.text("control").value_or("");
        return origin;
    }
    if (!names_file && options.has("server")) {
        return origin;
    }
    if (!names_file) {
        if (auto login = stored_login(problems)) {
            origin.login = std::make_shared<const Join>(std::move(*login));
            origin.text = login_file();
            return origin;
        }
        if (!problems.empty() || !is_there(default_config_file)) {
            origin.server = problems.empty() ? only_running_server() : "";
            if (origin.server.empty()) {
                problems.add(
                    "--config",
                    "missing: a configuration file. For a client, --server and --token-file also do, or "
                    "the login that `ferrotunnel login` saves; for a running server without a file, --control");
            }
            return origin;
        }
    }
    origin.text = config_file_of(options, problems);
    if (problems.empty()) {
        origin.config = std::make_shared<const Config>(read_config_file(origin.text, problems));
    }
    return origin;
}

// The token of the options, or of the login; null: that of the file.
std::shared_ptr<const Secret> find_token(const Sources& sources, const Origin& origin, Problems& problems) {
    const bool says_token =
        sources.arguments.token || sources.options.has("token") || sources.options.has("token-file");
    if (origin.login && !says_token) {
        return std::make_shared<const Secret>(origin.login->token.copy());
    }
    if (!needs_token(sources, sources.config != nullptr && sources.config->client_section().has_token)) {
        return nullptr;
    }
    std::optional<Secret> answered;
    std::shared_ptr<const Secret> token;
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    {
        Signals signals;  // blocks signals, which are to end the examination
        const std::string servers = servers_text(servers_of(sources.options));
        const std::string question = "Token for " + (servers.empty() ? "the server" : servers) + ": ";
        for (FoundToken& found : find_tokens(sources, question, signals, answered, problems)) {
            token = std::make_shared<const Secret>(std::move(found.secret));
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return token;
}

// A subject for each server: each is examined as if it was the only one.
std::vector<std::shared_ptr<doctor::ClientSubject>> client_subjects(const Sources& sources, const Origin& origin,
                                                                    Problems& problems) {
    const std::shared_ptr<const Secret> token = find_token(sources, origin, problems);
    const auto make = [options = sources.options, origin, token](Problems& found) {
        Client::Builder builder = origin.config ? origin.config->client() : Client::builder();
        if (origin.login) {
            builder.server(origin.login->server).tls_pin(origin.login->pin);
        }
        apply_setting_options(options, doctor_settings(), builder, found);
        if (token) {
            builder.token(token->copy());
        }
        return builder;
    };
    const Client::Builder builder = make(problems);
    add_library_problems(builder.check(), sources.options, doctor_settings(), problems);
    std::vector<std::shared_ptr<doctor::ClientSubject>> subjects;
    if (!problems.empty()) {
        return subjects;
    }
    for (const detail::ServerPlace& place : detail::server_places(builder)) {
        const auto fresh = [make, server = doctor::text_of(place)] {
            Problems ignored;  // reported already
            Client::Builder made = make(ignored);
            made.server(server).redundancy(1);
            return made;
        };
        Config::ClientSection section = origin.config ? origin.config->client_section() : Config::ClientSection();
        const auto& subject = subjects.emplace_back(std::make_shared<doctor::ClientSubject>(
            doctor::ClientSubject{place, fresh, std::move(section), origin.config}));
        subject->control = subject->section.control.value_or("default");
    }
    return subjects;
}

// With the addresses and the state directory that `ferrotunnel run` uses if the file has none.
Server::Builder usual_server(const Config& config) {
    Server::Builder builder = config.server();
    const Config::ServerSection section = config.server_section();
    const bool has_acme = section.acme.has_value();
    if (!section.http_bind) {
        builder.http_bind(usual_http(has_acme).address, false);
    }
    const UsualAddress https = usual_https(has_acme, section.https.has_certificates());
    if (!section.https_bind && !https.address.empty()) {
        builder.https_bind(https.address);
    }
    if (section.state_dir.empty()) {
        builder.state_dir(default_state_dir());
    }
    return builder;
}

std::shared_ptr<doctor::ServerSubject> server_subject(const Sources& sources, const Origin& origin,
                                                      Problems& problems) {
    const auto fresh = [config = origin.config] { return usual_server(*config); };
    std::string state_problem;  // a finding, since it is about the machine and not about the settings
    std::vector<Problem> found = fresh().check();
    std::erase_if(found, [&state_problem](const Problem& one) {
        const bool is_about_it = one.key.ends_with("state_dir");
        state_problem = is_about_it ? one.text : state_problem;
        return is_about_it;
    });
    add_library_problems(found, sources.options, {}, problems);
    Config::ServerSection section = origin.config->server_section();
    std::string state_dir = section.state_dir.empty() ? default_state_dir() : section.state_dir;
    auto subject = std::make_shared<doctor::ServerSubject>(
        doctor::ServerSubject{fresh, std::move(section), std::move(state_dir), std::move(state_problem)});
    subject->control = subject->section.control.value_or("default");
    return subject;
}

// The checks of the sides that the settings have, with their titles.
struct Plan {
    std::vector<doctor::Check> checks;
    std::vector<std::string> titles;
};

Plan make_plan(const Options& options, Arguments& arguments, Problems& problems) {
    Plan plan;
    const Origin origin = find_origin(options, problems);
    if (!problems.empty()) {
        return plan;
    }
    if (!origin.server.empty()) {
        const auto subject = std::make_shared<doctor::ServerSubject>();
        subject->control = origin.server;
        plan.checks = doctor::running_server_checks(subject);
        plan.titles.push_back(fmt::format("server ({})", printable(origin.server)));
        return plan;
    }
    const std::string from = origin.text.empty() ? "" : fmt::format(" ({})", origin.text);
    const auto append = [&plan](std::vector<doctor::Check> checks, std::string title) {
        std::ranges::move(checks, std::back_inserter(plan.checks));
        plan.titles.push_back(std::move(title));
    };
    if (origin.config && origin.config->has_server()) {
        const Sources sources{options, arguments, origin.config.get(), true};
        const auto subject = server_subject(sources, origin, problems);
        append(doctor::server_checks(subject), fmt::format("server{}", from));
    }
    if (!origin.config || origin.config->has_client()) {
        const Sources sources{options, arguments, origin.config.get()};
        const auto subjects = client_subjects(sources, origin, problems);
        for (const auto& subject : subjects) {
            const std::string server = doctor::text_of(subject->place);
            const bool is_first = subject == subjects.front();
            append(
                is_first ? doctor::client_checks(subject) : doctor::other_server_checks(subject, "client of " + server),
                fmt::format("client of {}{}", server, from));
        }
    }
    return plan;
}

}  // namespace

const CommandInfo& doctor_info() {
    static const CommandInfo info = [] {
        CommandInfo made{
            "doctor",
            "find what stands between this machine and a working tunnel",
            "[FILE]",
            "  ferrotunnel doctor                              # of the login that `ferrotunnel login` saved\n"
            "  ferrotunnel doctor --server tunnel.example.com --token-file token\n"
            "  ferrotunnel doctor /etc/ferrotunnel/edge.yml    # each side that the file has\n"
            "  ferrotunnel doctor                              # without both: of the only server of this user\n"
            "In at most 15 s: names, ports, proxy, TLS, clock, token and rights, path MTU, public addresses,\n"
            "backends, certificates, limits. A line for each: ok, or what is wrong and the remedy. It connects\n"
            "to addresses of these settings only, and takes no service from a running client.\n",
            sections_of(doctor_settings()),
            CommandInfo::Kind::doctor,
        };
        add_token_options(false, made.sections);
        made.sections.insert(made.sections.begin(),
                             {"Options",
                              {{"config", "FILE", "Configuration file, instead of FILE", "", false, 'c'},
                               {"control", "PATH", "Control socket of a running server without a file",
                                "Control socket of a running server that was started without a file: examines what it "
                                "reports, and its machine.",
                                false, 0, ValueKind::socket},
                               {"json", "", "Print the findings as one line of JSON"}}});
        return made;
    }();
    return info;
}

ExitCode run_doctor(Arguments arguments) {
    Problems problems;
    Options options(doctor_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const bool json = options.flag("json", problems);
    std::signal(SIGPIPE, SIG_IGN);
    Plan plan;
    if (problems.empty()) {
        plan = make_plan(options, arguments, problems);
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "doctor"};
    }
    const doctor::Examination examination = doctor::run_checks(std::move(plan.checks), doctor::examination_time);
    fmt::print("{}", json ? doctor::json_of(examination.results) : doctor::text_of(examination.results, plan.titles));
    const ExitCode code = doctor::exit_code_of(doctor::worst_of(examination.results));
    if (!examination.all_ended() || doctor::has_late_resolver()) {  // they use what the end of the process destroys
        std::fflush(stdout);
        std::_Exit(static_cast<int>(code));
    }
    return code;
}

}  // namespace ferrotunnel::cli
