// `ferrotunnel client` and its short forms `ferrotunnel tcp`, `ferrotunnel http` and `ferrotunnel tls`
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "backend_options.hpp"
#include "client_story.hpp"
#include "commands.hpp"
#include "common_settings.hpp"
#include "config_option.hpp"
#include "endpoint_file.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/version.hpp"
#include "help.hpp"
#include "http_spec.hpp"
#include "reach.hpp"
#include "run.hpp"
#include "setting_options.hpp"
#include "silent_backend.hpp"
#include "tcp_spec.hpp"
#include "token_source.hpp"

namespace ferrotunnel::cli {
namespace {

using namespace std::chrono_literals;

// A service as the user wrote it, which messages about it repeat.
struct Wanted {
    std::string place;  // "--tcp 2222=22"
    AnyService service;
    std::string address{};  // the word with the backend's address, if that is not `place`
};

struct ClientPlan : ClientFacts {
    CommonSettings common;
    std::string endpoint_file;
    std::vector<Wanted> wanted;
    Client client;
};

std::vector<Wanted> wanted_by_file(const Config& config, Problems& problems) {
    std::vector<Wanted> wanted;
    const Config::ClientSection section = config.client_section();
    for (const Tcp& tcp : section.services) {
        wanted.push_back({config.file() + ": client.services", tcp});
    }
    for (const Http& http : section.http_services) {
        wanted.push_back({config.file() + ": client.services", http});
    }
    for (const Tls& tls : section.tls_services) {
        wanted.push_back({config.file() + ": client.services", tls});
    }
    check_services(config, problems);
    return wanted;
}

void apply_backend_options(const Options& options, std::vector<Wanted>& wanted, Problems& problems) {
    std::vector<AnyService*> services;
    for (Wanted& one : wanted) {
        services.push_back(&one.service);
    }
    apply_backend_options(options, services, problems);
}

// Adds what `parse` makes of each value of the option.
template <typename Parse>
void add_wanted(const Options& options, std::string_view name, Parse parse, std::vector<Wanted>& wanted,
                Problems& problems) {
    for (const std::string& text : options.list(name)) {
        std::string place = options.place_of(name) + ' ' + text;
        std::string error;
        if (auto service = parse(text, error)) {
            wanted.push_back({std::move(place), std::move(*service)});
        } else {
            problems.add(std::move(place), std::move(error));
        }
    }
}

std::vector<Wanted> wanted_by_client(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
    const bool named = options.has("tcp") || options.has("http") || options.has("passthrough");
    if (sources.config != nullptr && !named) {
        if (has_backend_options(options)) {
            problems.add("--backend-..., --proxy-protocol",
                         "are for services of the command line; those of a file say it there");
        }
        return wanted_by_file(*sources.config, problems);
    }
    if (const std::string tls = options.text("tls").value_or(""); tls.find('=') != std::string::npos) {
        problems.add(options.place_of("tls"),
                     "is on or off, for the connection with the server; TLS visitors of a host are "
                     "--passthrough " +
                         tls);
        return {};
    }
    std::vector<Wanted> wanted;
    std::set<std::uint16_t> ports;
    auto tcp_once = [&ports](const std::string& text, std::string& error) {
        std::optional<Tcp> tcp = parse_tcp_spec(text, error);
        if (tcp && tcp->remote_port != 0 && !ports.insert(tcp->remote_port).second) {
            error = "the public port is there twice";
            tcp.reset();
        }
        return tcp;
    };
    add_wanted(options, "tcp", tcp_once, wanted, problems);
    add_wanted(options, "http", parse_http_spec, wanted, problems);
    add_wanted(options, "passthrough", parse_tls_spec, wanted, problems);
    if (!named) {
        problems.add("--tcp", "missing: what to offer, like --tcp 2222=127.0.0.1:22 or --http app.example.com=3000");
    }
    apply_backend_options(options, wanted, problems);
    return wanted;
}

std::vector<Wanted> wanted_by_tcp(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
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
    std::vector<Wanted> wanted{{*options.operand(), Tcp(*port, *local)}};
    apply_backend_options(options, wanted, problems);
    return wanted;
}

std::vector<Wanted> wanted_by_http(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
    std::string error;
    if (!options.operand()) {
        problems.add("ADDRESS",
                     "missing: what to offer, like `ferrotunnel http 3000` or `ferrotunnel http app.internal:80`");
        return {};
    }
    const std::optional<std::string> local = parse_backend(*options.operand(), error);
    if (!local) {
        problems.add("ADDRESS", error);
        return {};
    }
    Http http;
    http.local = *local;
    set_host(options.text("host").value_or(""), http);
    if (const auto header = options.text("host-header")) {
        http.rules.host_header = *header == "rewrite" ? "backend" : *header;
    }
    std::vector<Wanted> wanted{
        {options.has("host") ? options.place_of("host") : *options.operand(), std::move(http), *options.operand()}};
    apply_backend_options(options, wanted, problems);
    return wanted;
}

std::vector<Wanted> wanted_by_tls(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
    std::string error;
    if (!options.operand()) {
        problems.add("ADDRESS", "missing: what to offer, like `ferrotunnel tls 8443 --host app.example.com`");
    }
    if (!options.has("host")) {
        problems.add("--host", "missing: the name that visitors ask for, like app.example.com");
    }
    const std::optional<std::string> local = parse_backend(options.operand().value_or("443"), error);
    if (!local) {
        problems.add("ADDRESS", error);
    }
    if (!problems.empty()) {
        return {};
    }
    Tls tls;
    tls.host = options.text("host").value_or("");
    tls.local = *local;
    std::vector<Wanted> wanted{{options.place_of("host"), std::move(tls), *options.operand()}};
    apply_backend_options(options, wanted, problems);
    return wanted;
}

const std::string& target_of(const Tcp& tcp) {
    return tcp.local;
}

const std::string& target_of(const Tls& tls) {
    return tls.local;
}

std::string target_of(const Http& http) {
    return http.rules.redirect ? "redirect to " + http.rules.redirect->to : http.local;
}

void add_services(ClientPlan& plan, Problems& problems) {
    for (const Wanted& wanted : plan.wanted) {
        try {
            std::visit(
                [&plan](const auto& description) {
                    Service service = plan.client.add(description);
                    std::string name = service.name();
                    plan.offered.emplace(std::move(name),
                                         ClientFacts::Offered{std::move(service), target_of(description)});
                },
                wanted.service);
        } catch (const config_error& error) {
            const std::string& text = error.problems().front().text;
            const bool about_address = !wanted.address.empty() && text.starts_with('"' + wanted.address);
            problems.add(about_address ? wanted.address : wanted.place, text);
        }
    }
}

// Leaves out of the log what the standard output says as well; used as long as the user has not asked for a level.
LogSink without_echo(LogSink sink) {
    return [sink = std::move(sink)](const LogRecord& record) {
        static const std::set<std::string_view> told{"could not connect", "the connection was lost",
                                                     "a service was refused"};
        if (!told.contains(record.message)) {
            sink(record);
        }
    };
}

const SettingOptions& settings() {
    static const SettingOptions options = detail::client_options();
    return options;
}

ClientPlan read_plan(const Sources& sources, std::vector<Wanted> wanted, EventQueue& events, Signals& signals,
                     Problems& problems) {
    const Options& options = sources.options;
    const auto file = sources.config != nullptr ? sources.config->client_section() : Config::ClientSection();
    ClientPlan plan;
    plan.common = read_common(options, 10s, sources.config, file, problems);
    plan.common.side = sources.both_sides ? "client" : "";
    plan.server = options.text("server").value_or(file.server);
    plan.endpoint_file = options.text("endpoint-file").value_or(file.endpoint_file);
    plan.wanted = std::move(wanted);
    check_endpoint_file(plan.endpoint_file, sources, "client", problems);

    Client::Builder builder = sources.config != nullptr ? sources.config->client() : Client::builder();
    const LogSink sink = log_sink(plan.common);
    builder.log(plan.common.log_level ? sink : without_echo(sink), plan.common.log_level.value_or(default_log_level));
    say_options(options, settings(), builder, problems);
    Problems ignored;  // reported already
    plan.connections = static_cast<unsigned>(options.number("connections", 1'000, ignored).value_or(file.connections));
    plan.attempts = static_cast<unsigned>(options.number("attempts", 1'000'000, ignored).value_or(file.attempts));
    plan.tells_connections = options.has("connections") || file.connections != Client::Builder::connections_default;
    if (plan.server.empty() && !options.has("server") && sources.config == nullptr) {
        problems.add("--server", "missing: the server's address, like tunnel.example.com:7835");
    }
    check_token_word(options, sources.arguments.token, problems);
    if (needs_token(sources, file.has_token)) {
        for (FoundToken& token : find_tokens(options, std::move(sources.arguments.token),
                                             fmt::format("Token for {}: ", plan.server), signals, problems)) {
            builder.token(std::move(token.secret));
        }
    }
    builder.on_event([&events](const Event& event) { events.push(event); });

    std::vector<Problem> found;
    std::optional<Client> client = builder.try_build(found);
    add_library_problems(found, options, settings(), problems);
    if (client) {
        plan.client = std::move(*client);
        add_services(plan, problems);
    }
    return plan;
}

using WantedBy = std::vector<Wanted>(const Sources&, Problems&);

class ClientPart : public Part {
public:
    ClientPart(const Sources& sources, WantedBy* wanted_by, Signals& signals, Problems& problems)
        : plan_(read_plan(sources, wanted_by(sources, problems), events_, signals, problems)) {}

    std::string_view side() const override { return "client"; }

    void start(Output& output) override {
        endpoints_.emplace(plan_.endpoint_file);
        output.line(fmt::format("FerroTunnel {} client, connecting to {}", version_string, plan_.server));
        std::map<std::string, std::string> names;  // by backend, the services that lead there
        for (const auto& [name, offered] : plan_.offered) {
            std::string& those = names[offered.local];
            those += (those.empty() ? "" : ", ") + name;
        }
        for (const auto& [local, those] : names) {
            tell_if_silent(local, those, output);
        }
        plan_.client.start();
        story_.emplace(plan_, output, *endpoints_);
    }

    Running running() override {
        return {
            events_,
            [this](const Event& event) { return story_->on_event(event); },
            [this](std::chrono::milliseconds drain) { return plan_.client.stop(drain); },
            [this] { return plan_.client.stats().traffic.streams; },
            plan_.common.drain,
        };
    }

private:
    EventQueue events_;  // outlives the client
    ClientPlan plan_;
    std::optional<EndpointFile> endpoints_;
    std::optional<ClientStory> story_;
};

ExitCode run(Arguments arguments, const CommandInfo& info, WantedBy* wanted_by) {
    Problems problems;
    Options options(info);
    if (!options.parse(std::move(arguments.words), problems)) {
        fmt::print("{}", help_for(info));
        return ExitCode::ok;
    }
    Signals signals;  // before the library makes threads
    const std::optional<Config> config = read_config_option(options, "client", problems);
    const Sources sources{options, arguments, config ? &*config : nullptr};
    std::vector<std::unique_ptr<Part>> parts;
    parts.push_back(std::make_unique<ClientPart>(sources, wanted_by, signals, problems));
    if (!problems.empty()) {
        throw UsageError{std::move(problems), info.name};
    }
    return run_parts(parts, signals);
}

// The sections of a command that offers services. `own`: its own options, which follow the server's address.
// `backend_tls`: whether it has the options for backends that speak TLS.
std::vector<OptionSection> client_sections(const std::vector<OptionInfo>& own, bool backend_tls) {
    std::vector<OptionSection> sections = sections_of(settings());
    std::vector<OptionInfo>& options = sections.front().options;
    options.insert(options.begin() + 1, own.begin(), own.end());
    std::vector<OptionInfo> backend = backend_tls ? backend_tls_options() : std::vector<OptionInfo>();
    backend.push_back(proxy_protocol_option());
    options.insert(options.end(), backend.begin(), backend.end());
    add_token_options(false, sections);
    sections.push_back(log_section());
    return sections;
}

// A command for one service. `own` are its options about the service, listed among those that it shares with `client`.
CommandInfo short_form(const char* name, const char* about, const char* examples, const std::vector<OptionInfo>& own,
                       bool backend_tls) {
    return {name, about, "ADDRESS", examples, client_sections(own, backend_tls), CommandInfo::Kind::client};
}

}  // namespace

const CommandInfo& client_info() {
    static const CommandInfo info = [] {
        CommandInfo made{
            "client",
            "offers services that this machine can reach on a server's public ports and hosts",
            "",
            "  ferrotunnel client --server tunnel.example.com --token-file token --tcp 2222=22\n"
            "  ferrotunnel client --server tunnel.example.com --http app.example.com=3000\n"
            "  ferrotunnel client --config ferrotunnel.yml\n"
            "  ferrotunnel client --server tunnel.example.com --tcp 8080=127.0.0.1:80 --tcp 0=db.internal:5432\n",
            client_sections(
                {
                    {"tcp", "PORT=ADDRESS",
                     "Visitors of this public port reach that address; several times for several. Port 0: the server "
                     "chooses, and the client prints what it got. 2222=22 means 127.0.0.1:22. private=22: no public "
                     "port, for programs that embed the server.",
                     true},
                    {"http", "HOST=ADDRESS",
                     "HTTP visitors who ask for this host reach that address: app.example.com=3000, "
                     "*.example.com=3000 (any one label in front), app.example.com/api=3001 (what is below a path), "
                     "*=3000 (every host that nothing else is for), =3000 (the server assigns a host, and the client "
                     "prints it).",
                     true},
                    {"passthrough", "HOST=ADDRESS",
                     "TLS visitors who ask for this name (SNI) reach that address, and nobody touches their TLS in "
                     "between: the backend has the certificate. app.example.com=8443, *.example.com=8443.",
                     true},
                },
                true),
            CommandInfo::Kind::client};
        made.sections.front().title = "Services";
        made.sections.insert(made.sections.begin(), config_section());
        return made;
    }();
    return info;
}

const CommandInfo& tcp_info() {
    static const CommandInfo info =
        short_form("tcp", "the short form of client, for one service",
                   "  ferrotunnel tcp 22 --server tunnel.example.com --token-file token\n"
                   "  ferrotunnel tcp db.internal:5432 --remote-port 15432 --server tunnel.example.com\n",
                   {{"remote-port", "PORT", "The public port. Default: 0, the server chooses one.", false}}, true);
    return info;
}

const CommandInfo& http_info() {
    static const CommandInfo info =
        short_form("http", "the short form of client, for one HTTP service",
                   "  ferrotunnel http 3000 --server tunnel.example.com --token-file token\n"
                   "  ferrotunnel http 3000 --host app.example.com --server tunnel.example.com\n"
                   "  ferrotunnel http app.internal:80 --host app.example.com/api --server tunnel.example.com\n"
                   "  ferrotunnel http 5173 --host-header backend --server tunnel.example.com\n",
                   {{"host", "HOST[/PATH]",
                     "The host that visitors ask for, as in --http of `client`; with a path: what is below "
                     "it. Default: the server assigns a host below its --domain, and it is printed.",
                     false},
                    {"host-header", "HOST",
                     "What ADDRESS sees as Host: `backend` (or `rewrite`) for its own, as development servers want it; "
                     "or a host. Default: what the visitor asked for.",
                     false}},
                   true);
    return info;
}

const CommandInfo& tls_info() {
    static const CommandInfo info = short_form(
        "tls", "the short form of client, for one service whose TLS nobody touches in between",
        "  ferrotunnel tls 8443 --host app.example.com --server tunnel.example.com --token-file token\n",
        {{"host", "HOST", "The name that visitors ask for (SNI), as in --passthrough of `client`.", false}}, false);
    return info;
}

ExitCode run_client(Arguments arguments) {
    return run(std::move(arguments), client_info(), wanted_by_client);
}

std::unique_ptr<Part> make_client_part(const Sources& sources, Signals& signals, Problems& problems) {
    return std::make_unique<ClientPart>(sources, wanted_by_client, signals, problems);
}

ExitCode run_tcp(Arguments arguments) {
    return run(std::move(arguments), tcp_info(), wanted_by_tcp);
}

ExitCode run_http(Arguments arguments) {
    return run(std::move(arguments), http_info(), wanted_by_http);
}

ExitCode run_tls(Arguments arguments) {
    return run(std::move(arguments), tls_info(), wanted_by_tls);
}

}  // namespace ferrotunnel::cli
