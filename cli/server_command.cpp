// `ferrotunnel server`
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "acme_options.hpp"
#include "commands.hpp"
#include "common_settings.hpp"
#include "config_option.hpp"
#include "drain_request.hpp"
#include "endpoint_file.hpp"
#include "fd_store.hpp"
#include "ferrotunnel/control.hpp"
#include "ferrotunnel/program.hpp"
#include "ferrotunnel/server.hpp"
#include "ferrotunnel/version.hpp"
#include "help.hpp"
#include "https_options.hpp"
#include "part_report.hpp"
#include "printable.hpp"
#include "reach.hpp"
#include "replace.hpp"
#include "run.hpp"
#include "service_manager.hpp"
#include "setting_options.hpp"
#include "shell_word.hpp"
#include "state_dir.hpp"
#include "token_source.hpp"
#include "usual_addresses.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

struct ServerPlan {
    CommonSettings common;
    std::string public_host;
    std::vector<std::string> token_files;  // of tokens that a join string can contain
    bool has_strong_token = false;         // whether one was made by `ferrotunnel token`
    std::string allow_ports;
    std::string tcp_bind;
    std::string http_bind;  // "off", or the address
    std::string domain;
    std::string certificate_authority;  // that certificates are ordered from; empty: none
    std::string endpoint_file;
    std::string control;    // as configured
    bool replaces = false;  // a running server
    Server server;
};

const SettingOptions& server_settings() {
    static const SettingOptions options = detail::server_options();
    return options;
}

// Without a setting, HTTP is served if its usual port is free; with certificates from a CA, which connects to port 80,
// at that port if possible.
void apply_http(const Options& options, const Config::ServerSection& file, bool has_acme, ServerPlan& plan,
                Server::Builder& builder) {
    plan.domain = options.text("domain").value_or(file.domain);
    const std::optional<std::string> wanted = options.has("http-bind") ? options.text("http-bind") : file.http_bind;
    const UsualAddress usual = usual_http(has_acme);
    plan.http_bind = wanted.value_or(usual.fallback.empty() ? usual.address : usual.fallback);
    if (!wanted) {
        builder.http_bind(usual.address, !plan.domain.empty(), usual.fallback);
    }
}

// Reads all settings, but does not make the server, for `check` too.
Server::Builder read_settings(const Sources& sources, ServerPlan& plan, Signals& signals,
                              std::optional<Secret>& answered, Problems& problems) {
    const Options& options = sources.options;
    const auto file = sources.config != nullptr ? sources.config->server_section() : Config::ServerSection();
    plan.common = read_common(options, 30s, sources.config, file, problems);
    plan.common.side = sources.both_sides ? "server" : "";
    plan.public_host = options.text("public-host").value_or(file.public_host);
    plan.token_files = file.token_files;
    plan.has_strong_token = file.has_strong_token;
    plan.tcp_bind = options.text("tcp-bind").value_or(file.tcp_bind);
    plan.allow_ports = options.text("allow-ports").value_or(file.allow_ports);
    plan.endpoint_file = options.text("endpoint-file").value_or(file.endpoint_file);

    plan.control = options.text("control").value_or(file.control.value_or("default"));
    plan.replaces = options.flag("replace", problems);

    Server::Builder builder = sources.config != nullptr ? sources.config->server() : Server::builder();
    static const std::set<std::string_view> told_lines{"a reload was rejected"};
    builder.log(without_echo(plan.common, log_sink(plan.common), told_lines),
                plan.common.log_level.value_or(default_log_level));
    const bool has_acme = apply_acme(options, file, builder, problems);
    if (has_acme) {
        Acme acme = file.acme.value_or(Acme());
        if (const auto directory = options.text("acme-directory")) {
            acme.directories = {*directory};
        }
        plan.certificate_authority = ca_of(acme);
    }
    apply_http(options, file, has_acme, plan, builder);
    if (!file.control) {
        builder.control("default");  // an option may override it
    }
    apply_https(options, file, has_acme, builder, problems);
    if (options.has("tls-cert") != options.has("tls-key")) {
        builder.tls_certificate("", "");  // one option must not be combined with the file's other half
    }
    apply_setting_options(options, server_settings(), builder, problems);
    check_token_word(options, sources.arguments.token, problems);
    if (needs_token(sources, file.has_token || file.looks_up_tokens)) {
        plan.token_files.clear();
        plan.has_strong_token = false;
        for (FoundToken& token : find_tokens(sources, "Token that clients will need: ", signals, answered, problems)) {
            plan.has_strong_token = plan.has_strong_token || token.secret.is_strong();
            if (token.secret.is_strong() && !token.file.empty()) {
                plan.token_files.push_back(token.file);
            }
            builder.add_token(std::move(token.secret), std::move(token.name));
        }
    }
    if (!options.has("state-dir") && file.state_dir.empty()) {
        builder.state_dir(default_state_dir());
    }
    if (sources.may_control) {  // cannot change later
        check_endpoint_file(plan.endpoint_file, sources, "server", problems);
    }
    return builder;
}

ServerPlan read_plan(const Sources& sources, EventQueue& events, Signals& signals, std::optional<Secret>& answered,
                     Problems& problems) {
    ServerPlan plan;
    Server::Builder builder = read_settings(sources, plan, signals, answered, problems);
    builder.on_event([&events](const Event& event) { events.push(event); });
    std::vector<Problem> found = builder.check();
    std::optional<Server> server;
    if (found.empty() && problems.empty()) {
        server = builder.try_build(found);
    }
    add_library_problems(found, sources.options, server_settings(), problems);
    if (server && problems.empty()) {
        plan.server = std::move(*server);
    }
    return plan;
}

// The server's address for clients, as far as it is known: its configured name, otherwise the address that it listens
// on, otherwise one of the machine's addresses. The machine's own name may be unknown to others.
std::string for_clients(const ServerPlan& plan) {
    const std::string control = plan.server.client_endpoint();
    std::string host = host_of(control);
    if (!plan.public_host.empty() || !plan.domain.empty()) {
        host = plan.public_host.empty() ? plan.domain : plan.public_host;
    } else if (is_wildcard(host)) {
        host = address_of_this_machine();
    }
    return host + ":" + port_of(control);
}

// Prints how a client logs in once: with a join string if the token is in a file, otherwise with the token. Both need
// TLS.
void introduce_login(const ServerPlan& plan, const std::string& place, Output& output) {
    constexpr std::size_t others_max = 3;
    const std::string pin = " --tls-pin " + plan.server.tls_pin();
    const std::vector<std::string>& files = plan.token_files;
    if (files.empty()) {
        output.line("Or it logs in once and asks for the token, which this server did not read from a file:");
        output.line("  ferrotunnel login " + place + pin);
        return;
    }
    output.line("Or it logs in once (`ferrotunnel login`) with the join string that is printed here by:");
    output.line(fmt::format("  ferrotunnel token --join {} --token-file {}{}", place, in_shell(files.front()), pin));
    if (files.size() > 1) {
        std::string others;
        for (std::size_t i = 1; i < std::min(files.size(), others_max + 1); ++i) {
            others += (i == 1 ? "" : ", ") + in_shell(files[i]);
        }
        output.line(fmt::format(
            "  Files of other tokens: {}{}", others,
            files.size() > others_max + 1 ? fmt::format(", and {} more", files.size() - others_max - 1) : ""));
    }
}

// The lines that users copy. They contain no secret, since a log may keep them.
void introduce_to_clients(const ServerPlan& plan, Output& output) {
    const std::string place = in_shell(for_clients(plan));  // an IPv6 address has brackets, which are patterns for zsh
    const std::string pin = plan.server.tls_pin();
    output.line("Start a client like this; it asks for the token, or reads it from --token-file:");
    output.line(fmt::format("  ferrotunnel client --server {}{} --tcp 2222=127.0.0.1:22", place,
                            pin.empty() ? " --tls off" : ""));
    if (!plan.domain.empty() && !plan.server.http_endpoint().empty()) {
        output.line(
            fmt::format("Or for a website on port 3000 of the client's machine, at a host below {}:", plan.domain));
        output.line(fmt::format("  ferrotunnel http 3000 --server {}{}", place, pin.empty() ? " --tls off" : ""));
    }
    if (!pin.empty() && plan.has_strong_token) {
        introduce_login(plan, place, output);
    }
}

void introduce_http(const ServerPlan& plan, Output& output) {
    if (const std::string https = plan.server.https_endpoint(); !https.empty()) {
        output.line(fmt::format("  HTTPS      {}", https));
    }
    if (!plan.certificate_authority.empty()) {
        output.line(fmt::format("  ACME       certificates from {}, whose terms of service are accepted",
                                plan.certificate_authority));
    }
    const std::string http = plan.server.http_endpoint();
    if (plan.http_bind == "off") {
        return;
    }
    if (http.empty()) {
        output.warning(fmt::format("  HTTP       off: {} is in use; --http-bind sets another address", plan.http_bind));
    } else {
        output.line(fmt::format("  HTTP       {}{}", http,
                                plan.domain.empty() ? "" : ", hosts below " + plan.domain + " are assigned"));
    }
}

void introduce(const ServerPlan& plan, Output& output) {
    output.line(fmt::format("FerroTunnel {} server", version_string));
    output.line(fmt::format("  clients    {}   {}", plan.server.client_endpoint(),
                            plan.server.tls_pin().empty()
                                ? "TLS is OFF: anyone on the network path can read and modify all traffic"
                                : "TLS 1.3"));
    if (const std::string pin = plan.server.tls_pin(); !pin.empty()) {
        output.line(fmt::format("  TLS pin    {}", pin));
    }
    output.line(fmt::format("  visitors   {}, ports {}", plan.tcp_bind,
                            plan.allow_ports.empty() ? "from 1024 on" : plan.allow_ports));
    introduce_http(plan, output);
    if (const std::string connect = plan.server.connect_endpoint(); !connect.empty()) {
        output.line(fmt::format("  CONNECT    {}", connect));
    }
    if (const std::string metrics = plan.server.metrics_endpoint(); !metrics.empty()) {
        output.line(fmt::format("  metrics    http://{}/metrics", metrics));
    }
    if (const std::string url = plan.server.dashboard_url(); !url.empty()) {
        output.line(fmt::format("  dashboard  {}", url));
    }
    introduce_to_clients(plan, output);
}

// Writes the reachable endpoints to the endpoint file, as the library reports them.
void publish(const ServerPlan& plan, EndpointFile& endpoints, Output& output) {
    if (plan.endpoint_file.empty()) {
        return;
    }
    endpoints.clear();
    endpoints.set_control(plan.server.client_endpoint());
    endpoints.set_http(plan.server.http_endpoint());
    endpoints.set_https(plan.server.https_endpoint());
    endpoints.set_connect(plan.server.connect_endpoint());
    endpoints.set_metrics(plan.server.metrics_endpoint());
    endpoints.set_dashboard(plan.server.dashboard_endpoint());
    for (const TunnelInfo& tunnel : plan.server.tunnels()) {
        for (const TunnelInfo::Service& service : tunnel.services) {
            if (!service.draining) {  // a service whose client has left is not reachable any more
                endpoints.add_service(service.name, service.endpoint);
            }
        }
    }
    if (const std::string fault = endpoints.publish(); !fault.empty()) {
        output.warning(fault);
    }
}

// "alice (192.0.2.7:40022)", or only the address.
std::string who(const Event& event) {
    return event.client.empty() ? event.peer : fmt::format("{} ({})", printable(event.client), event.peer);
}

void on_event(const Event& event, Output& output) {
    switch (event.kind) {
        case Event::Kind::connected:
            output.line(fmt::format("client {} connected", who(event)));
            break;
        case Event::Kind::joined:
            output.line(fmt::format("client {} connected, one more connection of {}", who(event), event.connections));
            break;
        case Event::Kind::degraded:
            output.line(fmt::format("client {} lost one connection, {} are left: {}", who(event), event.connections,
                                    event.text.empty() ? event.error.message() : event.text));
            break;
        case Event::Kind::lost:
            output.line(fmt::format("client {} is gone: {}", who(event),
                                    event.text.empty() ? event.error.message() : event.text));
            break;
        case Event::Kind::waiting:
            output.line(fmt::format("client {} lost a connection, and its visitors wait: {}", who(event),
                                    event.text.empty() ? event.error.message() : event.text));
            break;
        case Event::Kind::resumed:
            output.line(fmt::format("client {} is back, and its visitors continue", who(event)));
            break;
        case Event::Kind::registered:
            output.line(fmt::format("  {} -> {} of client {}", as_url(event.endpoint), event.service, who(event)));
            break;
        case Event::Kind::unregistered:
            output.line(fmt::format("  {} is closed", event.endpoint.empty() ? event.service : as_url(event.endpoint)));
            break;
        case Event::Kind::draining:
            if (!event.peer.empty()) {
                output.line(fmt::format("client {} drains and accepts no new visitors", event.peer));
            }
            break;
        case Event::Kind::refused:
        case Event::Kind::unhealthy:
        case Event::Kind::healthy:
        case Event::Kind::reconnecting:
        case Event::Kind::reloaded:
        case Event::Kind::kicked:
        case Event::Kind::took_over:
        case Event::Kind::replaced:
        case Event::Kind::stopped:
            break;
    }
}

class ServerPart : public Part {
public:
    ServerPart(const Sources& sources, Signals& signals, Problems& problems)
        : signals_(signals), plan_(read_plan(sources, events_, signals, answered_, problems)) {}

    std::string_view side() const override { return "server"; }

    void start(Output& output) override {
        output_ = &output;
        endpoints_.emplace(plan_.endpoint_file);
        plan_.server.on_drain([this](DrainRequest::Time time) { drain_request_.request(time); });
        start_server();
        introduce(plan_, output);
        publish(plan_, *endpoints_, output);
    }

    bool has_replaced() const override { return has_replaced_; }

    Running running() override {
        return {
            .events = events_,
            .on_event = [this](const Event& event) -> std::optional<ExitCode> {
                on_event(event, *output_);
                publish(plan_, *endpoints_, *output_);
                const bool failed = event.kind == Event::Kind::stopped && event.error;
                return failed ? std::optional(ExitCode::failure) : std::nullopt;
            },
            .stop =
                [this](std::chrono::milliseconds drain) {
                    const program::ChangeCause cause(drain_request_.is_requested() ? "control request"
                                                                                   : "signal or end of the program");
                    return plan_.server.stop(drain);
                },
            .present_visitors = [this] { return plan_.server.stats().traffic.streams; },
            .moved =
                [this] {
                    const TrafficStats traffic = plan_.server.stats().traffic;
                    return traffic.bytes_received + traffic.bytes_sent;
                },
            .drain = [this] { return plan_.common.drain; },
            .state =
                [this] {
                    const ServerStats now = plan_.server.stats();
                    return fmt::format("clients: {}, services: {}, visitors: {}", now.clients, now.services,
                                       now.traffic.streams);
                },
            .requested_drain = [this] { return drain_request_.time(); },
            .reopen_files = [this] { plan_.server.reopen_access_log(); },
            .is_replaced = [this] { return program::is_replaced(plan_.server); },
            .sockets = [this] { return program::sockets(plan_.server); },
            .socket_changes = [this] { return program::socket_changes(plan_.server); },
        };
    }

    void set_handlers(ControlHandlers handlers) override {
        plan_.server.on_reload(std::move(handlers.reload));
        program::on_trial(plan_.server, std::move(handlers.trial));
        program::on_trial_left(plan_.server, std::move(handlers.trial_left));
        program::on_compare(plan_.server, std::move(handlers.compare));
    }

    void prepare(const Sources& sources, Problems& problems) override {
        next_.emplace();
        next_->builder = read_settings(sources, next_->plan, signals_, answered_, problems);
        const ApplyReport report = plan_.server.check(next_->builder);
        next_->report = report_of(report);
        add_library_problems(report.problems, sources.options, server_settings(), problems);
    }

    bool is_prepared() const override { return next_.has_value(); }
    void cancel() override { next_.reset(); }

    PartReport preview() const override {
        PartReport report = next_->report;
        add_program_changes("server", next_->plan, plan_, report);
        return report;
    }

    void note_reload(bool applied, const std::string& outcome) override {
        program::note_reload(plan_.server, applied, outcome);
    }
    PartReport apply_prepared() override {
        Next next = std::move(*next_);
        next_.reset();
        PartReport report = report_of(plan_.server.apply(std::move(next.builder)));
        if (report.problems.empty()) {
            add_program_changes("server", next.plan, plan_, report);
            plan_.common.drain = next.plan.common.drain;
        }
        return report;
    }

private:
    // A failure before the other server is asked to end leaves that one unchanged.
    void start_server() {
        std::vector<PassedSocket> given = sockets_of_manager();
        const std::string other = plan_.replaces ? server_to_replace(plan_.control) : std::string();
        std::vector<std::string> names;
        for (PassedSocket& socket : given) {
            names.push_back(socket.name);
            socket.is_kept = other.empty() && FdStore::is_public_port(socket.name);
        }
        program::inherit(plan_.server, std::move(given));
        if (other.empty()) {
            start_with(names);
            return;
        }
        const Control control(other);
        program::inherit(plan_.server, control.take_sockets());
        program::inherit_ticket_keys(plan_.server, control.take_ticket_keys());
        plan_.server.start();
        try {
            (void)control.hand_over();
        } catch (const control_error& error) {
            if (error.why() == control_error::Why::refused && error.code() != "ended") {
                throw;  // the other server continues, and this one ends
            }
        }
        program::take_control_name(plan_.server);
        has_replaced_ = true;
        output_->line("this server replaced the one that ran: " + other);
    }

    // If an address has changed (0.0.0.0:80 -> 127.0.0.1:80), the kept socket blocks the new one at each start: it is
    // dropped, so that the next start succeeds.
    void start_with(const std::vector<std::string>& kept) {
        try {
            plan_.server.start();
        } catch (const std::system_error& error) {
            if (error.code() == std::errc::address_in_use) {
                ServiceManager().forget(kept);
            }
            throw;
        }
    }

    struct Next {
        ServerPlan plan;
        Server::Builder builder;
        PartReport report{};  // what applying it would change
    };

    EventQueue events_;  // outlives the server, and the next one too
    DrainRequest drain_request_;
    Signals& signals_;
    std::optional<Secret> answered_;  // the token that was typed at the start
    ServerPlan plan_;
    std::optional<Next> next_;  // prepared
    std::optional<EndpointFile> endpoints_;
    Output* output_ = nullptr;
    bool has_replaced_ = false;
};

}  // namespace

const CommandInfo& server_info() {
    static const CommandInfo info = [] {
        CommandInfo made{
            "server",
            "run the public side, which clients and visitors connect to",
            "",
            "  ferrotunnel token > token; chmod 600 token\n"
            "  ferrotunnel server --token-file token\n"
            "  ferrotunnel server --config ferrotunnel.yml\n"
            "  ferrotunnel server --token-file token --domain tunnel.example.com --acme me@example.com\n",
            sections_of(server_settings()),
            CommandInfo::Kind::server,
        };
        add_https_options(made.sections);
        add_acme_options(made.sections);
        add_token_options(true, made.sections);
        made.sections.insert(made.sections.begin(), config_section());
        section_called(made.sections, "Running").options.push_back(replace_option());
        std::vector<OptionInfo>& logs = section_called(made.sections, "Logs").options;
        const std::vector<OptionInfo> log_options = log_section().options;
        logs.insert(logs.end(), log_options.begin(), log_options.end());
        list_in_full_help_only({"log-format"}, made);
        return made;
    }();
    return info;
}

ExitCode run_server(Arguments arguments) {
    return run_part(std::move(arguments), server_info(), "server", make_server_part);
}

void check_server_part(const Sources& sources, Signals& signals, Problems& problems) {
    ServerPlan plan;
    std::optional<Secret> answered;
    const Server::Builder builder = read_settings(sources, plan, signals, answered, problems);
    add_library_problems(builder.check(), sources.options, server_settings(), problems);
}

std::unique_ptr<Part> make_server_part(const Sources& sources, Signals& signals, Problems& problems) {
    return std::make_unique<ServerPart>(sources, signals, problems);
}

}  // namespace ferrotunnel::cli
