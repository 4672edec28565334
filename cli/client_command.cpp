// `ferrotunnel client` and its short form `ferrotunnel tcp`
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "commands.hpp"
#include "common_settings.hpp"
#include "endpoint_file.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/version.hpp"
#include "help.hpp"
#include "run.hpp"
#include "tcp_spec.hpp"
#include "token_source.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

// A service as the user wrote it, which messages about it repeat.
struct Wanted {
    std::string place;  // "--tcp 2222=22"
    Tcp tcp;
};

struct Offered {
    Service service;
    std::string local;
};

struct ClientPlan {
    CommonSettings common;
    std::string server;
    std::string endpoint_file;
    unsigned connections = Client::Builder::connections_default;
    bool tells_connections = false;  // they were asked for
    std::vector<Wanted> wanted;
    Client client;
    std::map<std::string, Offered> offered;  // by the service's name
};

std::vector<Wanted> wanted_by_client(const Options& options, Problems& problems) {
    std::vector<Wanted> wanted;
    std::set<std::uint16_t> ports;
    for (const std::string& text : options.list("tcp")) {
        std::string place = options.place_of("tcp") + ' ' + text;
        std::string error;
        std::optional<Tcp> tcp = parse_tcp_spec(text, error);
        if (tcp && tcp->remote_port != 0 && !ports.insert(tcp->remote_port).second) {
            error = "the public port is there twice";
            tcp.reset();
        }
        if (tcp) {
            wanted.push_back({std::move(place), std::move(*tcp)});
        } else {
            problems.add(std::move(place), std::move(error));
        }
    }
    if (!options.has("tcp")) {
        problems.add("--tcp", "missing: what to offer, like --tcp 2222=127.0.0.1:22");
    }
    return wanted;
}

std::vector<Wanted> wanted_by_tcp(const Options& options, Problems& problems) {
    std::string error;
    if (!options.operand()) {
        problems.add("ADDRESS",
                     "missing: what to offer, like `ferrotunnel tcp 22` or `ferrotunnel tcp db.internal:5432`");
        return {};
    }
    const std::optional<std::string> local = parse_backend(*options.operand(), error);
    if (!local) {
        problems.add("ADDRESS", error);
    }
    const std::optional<std::uint16_t> port = parse_remote_port(options.text("remote-port").value_or("0"), error);
    if (!port) {
        problems.add(options.place_of("remote-port"), error);
    }
    if (!local || !port) {
        return {};
    }
    return {{*options.operand(), Tcp{.remote_port = *port, .local = *local, .name = {}}}};
}

void add_services(ClientPlan& plan, Problems& problems) {
    for (const Wanted& wanted : plan.wanted) {
        try {
            Service service = plan.client.add(wanted.tcp);
            std::string name = service.name();
            plan.offered.emplace(std::move(name), Offered{std::move(service), wanted.tcp.local});
        } catch (const config_error& error) {
            problems.add(wanted.place, error.problems().front().text);
        }
    }
}

// Left out of the log as long as the user did not ask for a level: the standard output says the same.
LogSink without_echo(LogSink sink) {
    return [sink = std::move(sink)](const LogRecord& record) {
        static const std::set<std::string_view> told{"could not connect", "the connection was lost",
                                                     "a service was refused"};
        if (!told.contains(record.message)) {
            sink(record);
        }
    };
}

ClientPlan read_plan(const Options& options, std::vector<Wanted> wanted, Arguments& arguments, EventQueue& events,
                     Signals& signals, Problems& problems) {
    ClientPlan plan;
    plan.common = read_common(options, 10s, problems);
    plan.server = options.text("server").value_or("");
    plan.endpoint_file = options.text("endpoint-file").value_or("");
    plan.wanted = std::move(wanted);

    plan.connections = static_cast<unsigned>(options.number("connections", 1'000, problems).value_or(plan.connections));
    plan.tells_connections = options.has("connections");

    Client::Builder builder = Client::builder();
    apply_common(plan.common, builder);
    if (!options.has("log-level")) {
        builder.log(without_echo(stderr_log(plan.common.log_format)), plan.common.log_level);
    }
    builder.server(plan.server)
        .tls_ca(options.text("tls-ca").value_or(""))
        .tls_pin(options.text("tls-pin").value_or(""))
        .connections(plan.connections)
        .attempts(static_cast<unsigned>(options.number("attempts", 1'000'000, problems).value_or(0)));
    if (plan.server.empty() && !options.has("server")) {
        problems.add("--server", "missing: the server's address, like tunnel.example.com:7835");
    }
    for (FoundToken& token : find_tokens(options, std::move(arguments.token),
                                         fmt::format("Token for {}: ", plan.server), signals, problems)) {
        builder.token(std::move(token.secret));
    }
    builder.on_event([&events](const Event& event) { events.push(event); });

    std::vector<Problem> found;
    std::optional<Client> client = builder.try_build(found);
    add_library_problems(found, options, problems);
    if (client) {
        plan.client = std::move(*client);
        add_services(plan, problems);
    }
    return plan;
}

double seconds(std::chrono::milliseconds duration) {
    return static_cast<double>(duration.count()) / 1000;
}

std::string reason(const Event& event) {
    return event.text.empty() ? event.error.message() : event.text;
}

// What the user sees of a client's life.
class Story {
public:
    Story(ClientPlan& plan, Output& output, EndpointFile& endpoints)
        : plan_(plan), output_(output), endpoints_(endpoints) {}

    std::optional<ExitCode> on_event(const Event& event) {
        std::optional<ExitCode> end;
        switch (event.kind) {
            case Event::Kind::connected:
                output_.line(fmt::format("connected to {}", plan_.server));
                connected_ = true;
                break;
            case Event::Kind::joined:
                if (event.connections == plan_.connections && (plan_.tells_connections || has_degraded_)) {
                    output_.line(fmt::format("  all {} connections are up", event.connections));
                }
                break;
            case Event::Kind::degraded:
                has_degraded_ = true;
                output_.line(fmt::format("lost connection {} of {}: {}; next attempt in {:.1f} s", event.connection,
                                         plan_.connections, reason(event), seconds(event.retry_in)));
                break;
            case Event::Kind::lost:
                on_lost(event);
                break;
            case Event::Kind::reconnecting:
                output_.line(fmt::format("  next attempt in {:.1f} s", seconds(event.retry_in)));
                break;
            case Event::Kind::registered:
                on_registered(event);
                break;
            case Event::Kind::unregistered:
                endpoints_.remove_service(event.service);
                break;
            case Event::Kind::refused:
                end = on_refused(event);
                break;
            case Event::Kind::draining:
                if (!event.peer.empty()) {
                    output_.line("the server is going away: no new visitors, the present ones may finish");
                }
                break;
            case Event::Kind::stopped:
                end = on_stopped(event);
                break;
        }
        endpoints_.publish();
        return end;
    }

private:
    void on_lost(const Event& event) {
        output_.line(connected_ ? fmt::format("lost the connection to {}: {}", plan_.server, reason(event))
                                : fmt::format("not connected: {}", reason(event)));
        connected_ = false;
        for (const auto& [name, offered] : plan_.offered) {
            endpoints_.remove_service(name);
        }
    }

    void on_registered(const Event& event) {
        const auto found = plan_.offered.find(event.service);
        ever_registered_ = true;
        told_refusals_.erase(event.service);
        endpoints_.remove_service(event.service);
        endpoints_.add_service(event.service, event.endpoint);
        output_.line(fmt::format("  tcp://{} -> {}", event.endpoint,
                                 found == plan_.offered.end() ? event.service : found->second.local));
    }

    // A client whose services were all refused from the beginning is not set up right, and ends. Later refusals may
    // pass: the library tries again.
    std::optional<ExitCode> on_refused(const Event& event) {
        if (event.service.empty()) {
            output_.line(fmt::format("refused by {}: {}", plan_.server, reason(event)));
            return std::nullopt;
        }
        endpoints_.remove_service(event.service);
        std::string& told = told_refusals_[event.service];
        if (std::string why = reason(event); told != why) {
            output_.line(fmt::format("  refused: {}: {}", event.service, why));
            told = std::move(why);
        }
        const bool all = std::all_of(plan_.offered.begin(), plan_.offered.end(), [](const auto& entry) {
            return entry.second.service.state() == Service::State::refused;
        });
        if (ever_registered_ || !all) {
            return std::nullopt;
        }
        output_.line("ended: nothing is left to offer");
        return ExitCode::refused;
    }

    std::optional<ExitCode> on_stopped(const Event& event) {
        if (!event.error) {
            return std::nullopt;  // our own stop()
        }
        if (event.error == errc::superseded) {
            output_.line("ended: another client took this one's place");
            return ExitCode::superseded;
        }
        if (event.error == errc::unauthorized) {
            output_.line("ended: the token was not accepted");
            return ExitCode::refused;
        }
        output_.line(fmt::format("ended: {}", reason(event)));
        return ExitCode::lost;
    }

    ClientPlan& plan_;
    Output& output_;
    EndpointFile& endpoints_;
    bool connected_ = false;
    bool has_degraded_ = false;
    bool ever_registered_ = false;
    std::map<std::string, std::string> told_refusals_;  // the last reason of each service, so that it is told once
};

std::vector<OptionSection> shared_sections() {
    return {
        {"Token", token_options(false)},
        {"TLS",
         {
             {"tls", "on|off", "off: no encryption, for a server that was started so. Default: on.", false},
             {"tls-pin", "PIN", "Take only the server with this key: sha256:..., as the server prints it.", false},
             {"tls-ca", "FILE",
              "Check the server's certificate and name against the CAs in this PEM file; `system` for the system's.",
              false},
         }},
        {"Running", running_options(false)},
        {"Log, on the standard error stream", log_options()},
        {"Timing, for unusual networks and for tests", timing_options(false)},
    };
}

const OptionInfo server_option{"server", "HOST[:PORT]", "Where the server is; the port is 7835 if not given.", false};
const OptionInfo connections_option{
    "connections", "N",
    "Keep so many connections to the server, 1 to 16: visitors are spread over them and "
    "over several cores, and if one breaks, the others go on. Default: 2.",
    false};
const OptionInfo attempts_option{"attempts", "N",
                                 "Give up after this many failed attempts in a row. Default: 0, never.", false};

ExitCode run(Arguments arguments, const CommandInfo& info,
             std::vector<Wanted> (*wanted_by)(const Options&, Problems&)) {
    Problems problems;
    Options options(info);
    if (!options.parse(std::move(arguments.words), problems)) {
        fmt::print("{}", help_for(info));
        return ExitCode::ok;
    }
    Signals signals;  // before the library makes threads
    EventQueue events;
    std::vector<Wanted> wanted = wanted_by(options, problems);
    ClientPlan plan = read_plan(options, std::move(wanted), arguments, events, signals, problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), info.name};
    }
    Output output(STDOUT_FILENO);
    EndpointFile endpoints(plan.endpoint_file);
    output.line(fmt::format("FerroTunnel {} client, connecting to {}", version_string, plan.server));
    plan.client.start();

    Story story(plan, output, endpoints);
    const Running running{
        [&story](const Event& event) { return story.on_event(event); },
        [&plan](std::chrono::milliseconds drain) { return plan.client.stop(drain); },
        [&plan] { return plan.client.stats().traffic.streams; },
        plan.common.drain,
    };
    const ExitCode code = run_until_end(running, events, signals, output);
    output.finish(1s);
    return code;
}

}  // namespace

const CommandInfo& client_info() {
    static const CommandInfo info = [] {
        CommandInfo made{"client", "offers services that this machine can reach on a server's public ports", "",
                         "  ferrotunnel client --server tunnel.example.com --token-file token --tcp 2222=22\n"
                         "  ferrotunnel client --server tunnel.example.com --tcp 8080=127.0.0.1:80 --tcp "
                         "0=db.internal:5432\n",
                         shared_sections()};
        made.sections.insert(
            made.sections.begin(),
            {"Services",
             {
                 server_option,
                 {"tcp", "PORT=ADDRESS",
                  "Visitors of this public port reach that address; several times for several. Port 0: the server "
                  "chooses, and the client prints what it got. 2222=22 means 127.0.0.1:22.",
                  true},
                 connections_option,
                 attempts_option,
             }});
        return made;
    }();
    return info;
}

const CommandInfo& tcp_info() {
    static const CommandInfo info = [] {
        CommandInfo made{"tcp", "the short form of client, for one service", "ADDRESS",
                         "  ferrotunnel tcp 22 --server tunnel.example.com --token-file token\n"
                         "  ferrotunnel tcp db.internal:5432 --remote-port 15432 --server tunnel.example.com\n",
                         shared_sections()};
        made.sections.insert(
            made.sections.begin(),
            {"Service",
             {
                 server_option,
                 {"remote-port", "PORT", "The public port. Default: 0, the server chooses one.", false},
                 connections_option,
                 attempts_option,
             }});
        return made;
    }();
    return info;
}

ExitCode run_client(Arguments arguments) {
    return run(std::move(arguments), client_info(), wanted_by_client);
}

ExitCode run_tcp(Arguments arguments) {
    return run(std::move(arguments), tcp_info(), wanted_by_tcp);
}

}  // namespace ferrotunnel::cli
