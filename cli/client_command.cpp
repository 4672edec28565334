// `ferrotunnel client`, `ferrotunnel visit`, and the short forms `ferrotunnel tcp`, `ferrotunnel udp`, `ferrotunnel
// http`, `ferrotunnel tls`, `ferrotunnel files` and `ferrotunnel exit`
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "client_reporter.hpp"
#include "commands.hpp"
#include "common_settings.hpp"
#include "config_option.hpp"
#include "drain_request.hpp"
#include "endpoint_file.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/program.hpp"
#include "ferrotunnel/version.hpp"
#include "guard_options.hpp"
#include "known_servers.hpp"
#include "live_screen.hpp"
#include "own_identity.hpp"
#include "part_report.hpp"
#include "reach.hpp"
#include "requested_services.hpp"
#include "run.hpp"
#include "server_list.hpp"
#include "setting_options.hpp"
#include "shell_word.hpp"
#include "silent_backend.hpp"
#include "stored_login.hpp"
#include "token_source.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

struct ClientPlan : ClientFacts {
    CommonSettings common;
    std::chrono::milliseconds linger{0};
    std::string endpoint_file;
    std::vector<RequestedService> wanted;
    std::optional<Visit> visit;
    KnownServers known;
    Client client;
};

const std::string& target_of(const Tcp& tcp) {
    return tcp.local;
}

const std::string& target_of(const Udp& udp) {
    return udp.local;
}

const std::string& target_of(const Tls& tls) {
    return tls.local;
}

std::string target_of(const Http& http) {
    return http.rules.redirect ? "redirect to " + http.rules.redirect->to : http.local;
}

template <typename Description>
ClientFacts::Offered offered_as(Service service, const Description& description) {
    ClientFacts::Offered offered{std::move(service), target_of(description), !std::is_same_v<Description, Udp>};
    if constexpr (std::is_same_v<Description, Http>) {
        offered.lists = description.listing;
    }
    return offered;
}

void add_services(ClientPlan& plan, Problems& problems) {
    for (const RequestedService& wanted : plan.wanted) {
        try {
            std::visit(
                [&plan](const auto& description) {
                    Service service = plan.client.add(description);
                    std::string name = service.name();
                    plan.offered.emplace(std::move(name), offered_as(std::move(service), description));
                },
                wanted.service);
        } catch (const config_error& error) {
            const std::string& text = error.problems().front().text;
            const bool about_address = !wanted.address.empty() && text.starts_with('"' + wanted.address);
            problems.add(about_address ? wanted.address : wanted.place, text);
        }
    }
}

void add_visit(ClientPlan& plan, Problems& problems) {
    try {
        plan.client.visit(*plan.visit);
    } catch (const config_error& error) {
        for (const Problem& problem : error.problems()) {
            problems.add(problem.key == "service" ? "SERVICE" : "--local", problem.text);
        }
    }
}

// Messages that the standard output prints too.
const std::set<std::string_view>& told_lines() {
    static const std::set<std::string_view> told{"could not connect", "the connection was lost",
                                                 "a service was refused", "a reload was rejected"};
    return told;
}

const SettingOptions& client_settings() {
    static const SettingOptions options = detail::client_options();
    return options;
}

void set_log(const LogSink& sink, ClientPlan& plan, Client::Builder& builder) {
    const LogLevel level = plan.common.log_level.value_or(default_log_level);
    builder.log(without_echo(plan.common, sink, told_lines()), level);
    plan.log_has_all = is_whole_log(plan.common) && level <= LogLevel::warn;
}

// Reads what the client does when another one replaces it.
void read_succession(const Sources& sources, const Config::ClientSection& file, ClientPlan& plan,
                     Client::Builder& builder) {
    Problems ignored;  // the option is checked with the others
    plan.linger = sources.options.time("linger", ignored).value_or(file.linger);
    if (file.identity.empty()) {
        builder.identity(own_identity(sources, plan.wanted));  // an option may override it
    }
}

// The command that examines this client: with its file, and with the options that `ferrotunnel doctor` has too.
std::string doctor_command_of(const Sources& sources) {
    std::vector<std::pair<std::string, std::string>> said;
    for (const std::string& server : servers_of(sources.options)) {
        said.emplace_back("server", server);
    }
    for (const std::string_view name : {"token-file", "proxy", "tls", "tls-ca", "tls-pin"}) {
        const bool is_hidden = name == "proxy" && sources.options.from_environment(name);  // it may have a password
        if (const auto value = sources.options.text(name); value && !is_hidden) {
            said.emplace_back(name, *value);
        }
    }
    Problems ignored;  // reported elsewhere
    if (sources.options.flag("allow-weak-token", ignored)) {
        said.emplace_back("allow-weak-token", "");
    }
    return doctor_command(sources.config != nullptr ? sources.config->file() : "", said);
}

bool wants_qr(const Options& options, Problems& problems) {
    Problems ignored;  // the value of --quiet is checked elsewhere
    const bool wanted = options.has("qr");
    if (wanted && options.flag("quiet", ignored)) {
        problems.add(options.place_of("qr"), "conflicts with --quiet, which prints only the URL");
    }
    return wanted;
}

void use_login(const Join& login, const Options& options, ClientPlan& plan, Client::Builder& builder) {
    builder.server(login.server);
    if (options.text("tls").value_or("on") != "off") {
        builder.tls_pin(login.pin);
        plan.known.use(login, known_servers_file());
        program::set_known_servers(builder, plan.known.servers());
    }
}

// Reads all settings, but does not make the client.
Client::Builder read_settings(const Sources& sources, std::vector<RequestedService> wanted, ClientPlan& plan,
                              Signals& signals, std::optional<Secret>& answered, Problems& problems) {
    const Options& options = sources.options;
    const auto file = sources.config != nullptr ? sources.config->client_section() : Config::ClientSection();
    plan.common = read_common(options, 10s, sources.config, file, problems);
    plan.common.side = sources.both_sides ? "client" : "";
    plan.servers = options.has("server") ? servers_of(options) : file.servers;
    std::optional<Join> login;  // used if nothing else names the server
    if (plan.servers.empty() && !options.has("server") && sources.config == nullptr) {
        login = stored_login(problems);
        plan.servers = login ? std::vector{login->server} : std::vector<std::string>();
    }
    plan.doctor = doctor_command_of(sources);
    plan.endpoint_file = options.text("endpoint-file").value_or(file.endpoint_file);
    plan.wanted = std::move(wanted);
    set_service_token(sources, plan.wanted, problems);
    guard(sources, plan.wanted, signals, problems);
    if (sources.may_control) {  // cannot change later
        check_endpoint_file(plan.endpoint_file, sources, "client", problems);
    }

    Client::Builder builder = sources.config != nullptr ? sources.config->client() : Client::builder();
    const LogSink sink = log_sink(plan.common);
    set_log(sink, plan, builder);
    if (!file.control) {
        builder.control("default");  // an option may override it
    }
    // Nobody watches an unattended client, and nobody could restart it behind its NAT, so it must not end.
    const bool unattended = sources.config != nullptr || ::isatty(STDOUT_FILENO) == 0;
    if (!unattended) {
        builder.dashboard("default");  // an option may override it
    }
    if (!file.retry_refused) {
        builder.retry_refused(unattended ? std::chrono::milliseconds(1min) : 0ms);
    }
    if (sources.config == nullptr) {
        builder.inspect(!unattended);  // for a user at the terminal; an option may override it
    }
    read_succession(sources, file, plan, builder);
    if (login) {
        use_login(*login, options, plan, builder);
    }
    apply_setting_options(options, client_settings(), builder, problems);
    const auto retry_said = options.text("retry-refused");
    plan.retries_refused = retry_said ? retry_said->find_first_of("123456789") != std::string::npos
                                      : file.retry_refused.value_or(unattended ? 1ms : 0ms) != 0ms;
    Problems ignored;  // reported already
    plan.connections = static_cast<unsigned>(options.number("connections", 1'000, ignored).value_or(file.connections));
    plan.attempts = static_cast<unsigned>(options.number("attempts", 1'000'000, ignored).value_or(file.attempts));
    plan.shows_qr = wants_qr(options, problems);
    plan.reports_connections = options.has("connections") || file.connections != Client::Builder::connections_default;
    if (plan.servers.empty() && !options.has("server") && sources.config == nullptr) {
        problems.add("--server",
                     "missing: the server's address, like tunnel.example.com:7835; `ferrotunnel login` saves one");
    }
    check_token_word(options, sources.arguments.token, problems);
    const bool says_token = sources.arguments.token || options.has("token") || options.has("token-file");
    if (login && !says_token) {
        builder.token(login->token.copy());
    } else if (needs_token(sources, file.has_token)) {
        for (FoundToken& token : find_tokens(sources, fmt::format("Token for {}: ", servers_text(plan.servers)),
                                             signals, answered, problems)) {
            builder.token(std::move(token.secret));
        }
    }
    return builder;
}

ClientPlan read_plan(const Sources& sources, std::vector<RequestedService> wanted, std::optional<Visit> visit,
                     EventQueue& events, Signals& signals, std::optional<Secret>& answered, Problems& problems) {
    ClientPlan plan;
    plan.visit = std::move(visit);
    Client::Builder builder = read_settings(sources, std::move(wanted), plan, signals, answered, problems);
    builder.on_event([&events](const Event& event) { events.push(event); });
    std::vector<Problem> found;
    std::optional<Client> client = builder.try_build(found);
    add_library_problems(found, sources.options, client_settings(), problems);
    if (client) {
        plan.client = std::move(*client);
        add_services(plan, problems);
        if (plan.visit && problems.empty()) {
            add_visit(plan, problems);
        }
    }
    return plan;
}

std::vector<AnyService> services_of(const ClientPlan& plan) {
    std::vector<AnyService> services;
    for (const RequestedService& one : plan.wanted) {
        services.push_back(one.service);
    }
    return services;
}

// Makes `plan` offer the services of `next`. `fresh`: the handles of services that were registered again. Services
// without a name are those of the command line, which stay.
void take_services(const ClientPlan& next, const std::vector<Service>& fresh, ClientPlan& plan) {
    std::map<std::string, Service> handles;
    for (const auto& [name, offered] : plan.offered) {
        handles.emplace(name, offered.service);
    }
    for (const Service& service : fresh) {
        handles.insert_or_assign(service.name(), service);
    }
    std::erase_if(plan.offered,
                  [](const auto& entry) { return entry.second.service.state() == Service::State::closed; });
    for (const RequestedService& wanted : next.wanted) {
        std::visit(
            [&](const auto& description) {
                if (const auto handle = handles.find(description.name); handle != handles.end()) {
                    plan.offered.insert_or_assign(description.name, offered_as(handle->second, description));
                }
            },
            wanted.service);
    }
}

class ClientPart : public Part {
public:
    ClientPart(const Sources& sources, ServiceReader* read_services, Signals& signals, Problems& problems)
        : read_services_(read_services),
          file_(sources.config != nullptr ? sources.config->file() : ""),
          signals_(signals),
          is_recording_(sources.options.text("inspect") == "on"),
          plan_(read_plan(sources, read_services(sources, problems),
                          read_services == read_no_services ? read_visit(sources, problems) : std::nullopt, events_,
                          signals, answered_, problems)) {}

    std::string_view side() const override { return "client"; }

    void start(Output& output) override {
        endpoints_.emplace(plan_.endpoint_file);
        output.line(
            fmt::format("FerroTunnel {} client, connecting to {}", version_string, servers_text(plan_.servers)));
        std::map<std::string, std::string> names;  // the services of each backend
        for (const auto& [name, offered] : plan_.offered) {
            if (offered.service.state() == Service::State::disabled) {
                output.line(fmt::format("  {} is off", name));
                continue;
            }
            if (!offered.listens) {
                continue;
            }
            if (!offered.lists) {
                warn_if_no_index(offered.local, name, output);
            }
            std::string& those = names[offered.local];
            those += (those.empty() ? "" : ", ") + name;
        }
        if (!names.empty()) {
            const ListeningPorts ports;
            for (const auto& [local, those] : names) {
                warn_if_silent(ports, local, those, output);
            }
        }
        if (!file_.empty()) {
            program::keep_services_beside(plan_.client, std::filesystem::absolute(file_).string());
        }
        plan_.client.on_drain([this](DrainRequest::Time time) { drain_request_.request(time); });
        plan_.client.start();
        if (const std::string metrics = plan_.client.metrics_endpoint(); !metrics.empty()) {
            output.line(fmt::format("  metrics    http://{}/metrics", metrics));
            endpoints_->set_metrics(metrics);
        }
        if (const std::string url = plan_.client.dashboard_url(); !url.empty()) {
            output.line(fmt::format("  dashboard  {}", url));
            endpoints_->set_dashboard(plan_.client.dashboard_endpoint());
        }
        for (const VisitStats& visit : plan_.client.visits()) {
            output.line(fmt::format("  {} -> {}", visit.at, visit.service));
            output.result((visit.kind == Visit::Kind::udp ? "udp://" : "tcp://") + visit.at);
        }
        story_.emplace(plan_, output, *endpoints_);
        const bool is_terminal = ::isatty(STDOUT_FILENO) == 1;
        if (!output.is_quiet() && (is_terminal ? !log_fills_screen() : is_recording_)) {
            screen_.emplace(plan_.client, output, is_terminal);
        }
    }

    Running running() override {
        return {
            .events = events_,
            .on_event =
                [this](const Event& event) {
                    plan_.known.save(program::known_servers(plan_.client));
                    return story_->on_event(event);
                },
            .stop = [this](std::chrono::milliseconds drain) { return plan_.client.stop(drain); },
            .present_visitors = [this] { return plan_.client.stats().traffic.streams; },
            .moved =
                [this] {
                    const TrafficStats traffic = plan_.client.stats().traffic;
                    return traffic.bytes_received + traffic.bytes_sent;
                },
            .drain = [this] { return plan_.common.drain; },
            .state =
                [this] {
                    const ClientStats now = plan_.client.stats();
                    return now.connected ? fmt::format("connected to {}, visitors: {}", connected_servers(now),
                                                       now.traffic.streams)
                                         : fmt::format("connecting to {}", servers_text(plan_.servers));
                },
            .requested_drain = [this] { return drain_request_.time(); },
            .linger = [this] { return plan_.linger; },
            .tick = screen_ ? std::function<void()>([this] { screen_->tick(); }) : nullptr,
        };
    }

    void set_handlers(ControlHandlers handlers) override {
        plan_.client.on_reload(std::move(handlers.reload));
        program::on_trial(plan_.client, std::move(handlers.trial));
        program::on_trial_left(plan_.client, std::move(handlers.trial_left));
        program::on_compare(plan_.client, std::move(handlers.compare));
    }

    void prepare(const Sources& sources, Problems& problems) override {
        next_.emplace();
        next_->builder =
            read_settings(sources, read_services_(sources, problems), next_->plan, signals_, answered_, problems);
        if (has_guard_options(sources.options)) {
            next_->plan.wanted = plan_.wanted;
        }
        const ApplyReport report = plan_.client.check(next_->builder, services_of(next_->plan));
        next_->report = report_of(report);
        for (const Problem& problem : report.problems) {
            const auto about = std::ranges::find_if(next_->plan.wanted, [&](const RequestedService& one) {
                return std::visit([&](const auto& service) { return service.name == problem.key; }, one.service);
            });
            if (about != next_->plan.wanted.end() && problem.file.empty()) {
                problems.add(about->place, fmt::format("{}: {}", problem.key, problem.text));
            } else {
                add_library_problems({problem}, sources.options, client_settings(), problems);
            }
        }
    }

    bool is_prepared() const override { return next_.has_value(); }
    void cancel() override { next_.reset(); }

    PartReport preview() const override {
        PartReport report = next_->report;
        add_program_changes("client", next_->plan, plan_, report);
        return report;
    }

    void note_reload(bool applied, const std::string& outcome) override {
        program::note_reload(plan_.client, applied, outcome);
    }
    PartReport apply_prepared() override {
        Next next = std::move(*next_);
        next_.reset();
        const ApplyReport applied = plan_.client.apply(std::move(next.builder), services_of(next.plan));
        PartReport report = report_of(applied);
        if (report.problems.empty()) {
            take_services(next.plan, applied.services, plan_);
            add_program_changes("client", next.plan, plan_, report);
            plan_.common.drain = next.plan.common.drain;
            plan_.linger = next.plan.linger;
        }
        return report;
    }

private:
    // The servers in use; of a single one, the name that the user gave.
    std::string connected_servers(const ClientStats& now) const {
        std::vector<std::string> servers;
        for (const ClientServerStats& server : now.servers) {
            if (server.connections != 0) {
                servers.push_back(server.address);
            }
        }
        return servers_text(servers.size() > 1 || plan_.servers.size() != 1 ? servers : plan_.servers);
    }

    // A log that the file enables, written to the same terminal, would be overwritten by the lines at the bottom.
    bool log_fills_screen() const {
        return !file_.empty() && plan_.common.log_level.value_or(default_log_level) < LogLevel::warn &&
               ::isatty(STDERR_FILENO) == 1;
    }

    struct Next {
        ClientPlan plan;
        Client::Builder builder;
        PartReport report{};  // what applying it would change
    };

    EventQueue events_;  // outlives the client, and the next one too
    DrainRequest drain_request_;
    ServiceReader* const read_services_;
    const std::string file_;  // of the configuration; empty: none
    Signals& signals_;
    const bool is_recording_;         // as set on the command line
    std::optional<Secret> answered_;  // the token that was typed at the start
    ClientPlan plan_;
    std::optional<Next> next_;  // prepared
    std::optional<EndpointFile> endpoints_;
    std::optional<ClientReporter> story_;
    std::optional<LiveScreen> screen_;
};

ExitCode run(Arguments arguments, const CommandInfo& info, ServiceReader* read_services) {
    return run_part(std::move(arguments), info, "client",
                    [read_services](const Sources& sources, Signals& signals, Problems& problems) {
                        return std::make_unique<ClientPart>(sources, read_services, signals, problems);
                    });
}

}  // namespace

ExitCode run_client(Arguments arguments) {
    return run(std::move(arguments), client_info(), read_client_services);
}

std::unique_ptr<Part> make_client_part(const Sources& sources, Signals& signals, Problems& problems) {
    return std::make_unique<ClientPart>(sources, read_client_services, signals, problems);
}

ExitCode run_tcp(Arguments arguments) {
    return run(std::move(arguments), tcp_info(), read_tcp_services);
}

ExitCode run_udp(Arguments arguments) {
    return run(std::move(arguments), udp_info(), read_udp_services);
}

ExitCode run_visit(Arguments arguments) {
    return run(std::move(arguments), visit_info(), read_no_services);
}

ExitCode run_http(Arguments arguments) {
    return run(std::move(arguments), http_info(), read_http_services);
}

ExitCode run_tls(Arguments arguments) {
    return run(std::move(arguments), tls_info(), read_tls_services);
}

ExitCode run_files(Arguments arguments) {
    return run(std::move(arguments), files_info(), read_files_services);
}

ExitCode run_exit(Arguments arguments) {
    return run(std::move(arguments), exit_info(), read_exit_services);
}

}  // namespace ferrotunnel::cli
