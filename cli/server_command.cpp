// `ferrotunnel server`
#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "commands.hpp"
#include "common_settings.hpp"
#include "endpoint_file.hpp"
#include "ferrotunnel/server.hpp"
#include "ferrotunnel/version.hpp"
#include "help.hpp"
#include "reach.hpp"
#include "run.hpp"
#include "state_dir.hpp"
#include "token_source.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

struct ServerPlan {
    CommonSettings common;
    std::string public_host;
    std::string allow_ports;
    std::string tcp_bind;
    std::string endpoint_file;
    Server server;
};

ServerPlan read_plan(const Options& options, Arguments& arguments, EventQueue& events, Signals& signals,
                     Problems& problems) {
    ServerPlan plan;
    plan.common = read_common(options, 30s, problems);
    plan.public_host = options.text("public-host").value_or("");
    plan.tcp_bind = options.text("tcp-bind").value_or("0.0.0.0");
    plan.endpoint_file = options.text("endpoint-file").value_or("");

    Server::Builder builder = Server::builder();
    apply_common(plan.common, builder);
    builder.tcp_bind(plan.tcp_bind).public_host(plan.public_host);
    if (const auto bind = options.text("bind")) {
        builder.bind(*bind);
    }
    if (const auto ports = options.text("allow-ports")) {
        builder.allow_ports(*ports);
        plan.allow_ports = *ports;
    }
    const std::string chain = options.text("tls-cert").value_or("");
    const std::string key = options.text("tls-key").value_or("");
    if (!chain.empty() || !key.empty()) {
        builder.tls_certificate(chain, key);
    }
    for (FoundToken& token :
         find_tokens(options, std::move(arguments.token), "Token that clients will need: ", signals, problems)) {
        builder.token(std::move(token.secret), std::move(token.name));
    }
    if (problems.empty()) {  // else nothing may be made in that directory
        builder.state_dir(options.text("state-dir").value_or(default_state_dir()));
    }
    builder.on_event([&events](const Event& event) { events.push(event); });

    std::vector<Problem> found;
    std::optional<Server> server = builder.try_build(found);
    add_library_problems(found, options, problems);
    if (server && problems.empty()) {
        plan.server = std::move(*server);
    }
    return plan;
}

std::string example_of_a_client(const ServerPlan& plan) {
    const std::string control = plan.server.control_endpoint();
    std::string host = host_of(control);
    if (!plan.public_host.empty()) {
        host = plan.public_host;
    } else if (is_wildcard(host)) {
        host = name_of_this_machine();
    }
    return fmt::format("ferrotunnel client --server {}:{}{} --tcp 2222=127.0.0.1:22", host, port_of(control),
                       plan.common.tls_off ? " --tls off" : "");
}

void introduce(const ServerPlan& plan, Output& output) {
    output.line(fmt::format("FerroTunnel {} server", version_string));
    output.line(fmt::format("  clients    {}   {}", plan.server.control_endpoint(),
                            plan.common.tls_off ? "TLS is OFF: anyone in between can read everything" : "TLS 1.3"));
    if (const std::string pin = plan.server.tls_pin(); !pin.empty()) {
        output.line(fmt::format("  TLS pin    {}", pin));
    }
    output.line(fmt::format("  visitors   {}, ports {}", plan.tcp_bind,
                            plan.allow_ports.empty() ? "from 1024 on" : plan.allow_ports));
    output.line("A client is started like this, and asks for the token or takes it from --token-file:");
    output.line("  " + example_of_a_client(plan));
}

// All that is reachable now. The library knows best.
void publish(const ServerPlan& plan, EndpointFile& endpoints) {
    if (plan.endpoint_file.empty()) {
        return;
    }
    endpoints.clear();
    endpoints.set_control(plan.server.control_endpoint());
    for (const TunnelInfo& tunnel : plan.server.tunnels()) {
        for (const TunnelInfo::Service& service : tunnel.services) {
            endpoints.add_service(service.name, service.endpoint);
        }
    }
    endpoints.publish();
}

void on_event(const Event& event, Output& output) {
    switch (event.kind) {
        case Event::Kind::connected:
            output.line(fmt::format("client {} connected", event.peer));
            break;
        case Event::Kind::joined:
            output.line(fmt::format("client {} connected, one more connection of {}", event.peer, event.connections));
            break;
        case Event::Kind::degraded:
            output.line(fmt::format("client {} lost one connection, {} are left: {}", event.peer, event.connections,
                                    event.text.empty() ? event.error.message() : event.text));
            break;
        case Event::Kind::lost:
            output.line(fmt::format("client {} is gone: {}", event.peer,
                                    event.text.empty() ? event.error.message() : event.text));
            break;
        case Event::Kind::registered:
            output.line(fmt::format("  tcp://{} -> {} of client {}", event.endpoint, event.service, event.peer));
            break;
        case Event::Kind::unregistered:
            output.line(fmt::format("  tcp://{} is closed", event.endpoint.empty() ? event.service : event.endpoint));
            break;
        case Event::Kind::draining:
            if (!event.peer.empty()) {
                output.line(fmt::format("client {} is going away", event.peer));
            }
            break;
        case Event::Kind::refused:
        case Event::Kind::reconnecting:
        case Event::Kind::stopped:
            break;
    }
}

}  // namespace

const CommandInfo& server_info() {
    static const CommandInfo info{
        "server",
        "lets clients offer their services on this machine's public ports",
        "",
        "  ferrotunnel token > token; chmod 600 token\n"
        "  ferrotunnel server --token-file token\n"
        "  ferrotunnel server --token-file token --bind 192.0.2.1:7835 --allow-ports 2222,8000-8100\n",
        {
            {"Addresses",
             {
                 {"bind", "HOST:PORT", "Where clients connect; port 0 lets the system choose. Default: 0.0.0.0:7835.",
                  false},
                 {"tcp-bind", "HOST", "Where the public ports are. Default: 0.0.0.0.", false},
                 {"public-host", "HOST",
                  "How visitors call this machine, for the addresses that are shown. Default: what --tcp-bind says.",
                  false},
                 {"allow-ports", "LIST",
                  "The public ports that clients may have, like 2222,8000-8100. Default: all from 1024 on.", false},
             }},
            {"Token", token_options(true)},
            {"TLS",
             {
                 {"tls", "on|off",
                  "off: no encryption; who is in between can read and take over everything. Default: on.", false},
                 {"tls-cert", "FILE", "A certificate chain of your own, PEM. Default: one that the server makes.",
                  false},
                 {"tls-key", "FILE", "Its private key, PEM.", false},
                 {"state-dir", "PATH",
                  "Where the self-made certificate is kept, so that its pin stays. Default: $STATE_DIRECTORY, "
                  "/var/lib/ferrotunnel for root, $XDG_STATE_HOME/ferrotunnel or ~/.local/state/ferrotunnel.",
                  false},
             }},
            {"Running", running_options(true)},
            {"Log, on the standard error stream", log_options()},
            {"Timing, for unusual networks and for tests", timing_options(true)},
        },
    };
    return info;
}

ExitCode run_server(Arguments arguments) {
    Problems problems;
    Options options(server_info());
    if (!options.parse(std::move(arguments.words), problems)) {
        fmt::print("{}", help_for(server_info()));
        return ExitCode::ok;
    }
    Signals signals;  // before the library makes threads
    EventQueue events;
    ServerPlan plan = read_plan(options, arguments, events, signals, problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "server"};
    }
    Output output(STDOUT_FILENO);
    EndpointFile endpoints(plan.endpoint_file);
    plan.server.start();
    introduce(plan, output);
    publish(plan, endpoints);

    const Running running{
        [&](const Event& event) -> std::optional<ExitCode> {
            on_event(event, output);
            publish(plan, endpoints);
            const bool failed = event.kind == Event::Kind::stopped && event.error;
            return failed ? std::optional(ExitCode::failure) : std::nullopt;
        },
        [&plan](std::chrono::milliseconds drain) { return plan.server.stop(drain); },
        [&plan] { return plan.server.stats().traffic.streams; },
        plan.common.drain,
    };
    const ExitCode code = run_until_end(running, events, signals, output);
    output.finish(1s);
    return code;
}

}  // namespace ferrotunnel::cli
