#include "requested_services.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>
#include <utility>

#include "backend_options.hpp"
#include "guard_options.hpp"
#include "http_spec.hpp"
#include "tcp_spec.hpp"

namespace ferrotunnel::cli {
namespace {

std::vector<RequestedService> read_config_services(const Config& config, Problems& problems) {
    std::vector<RequestedService> wanted;
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
    for (const Udp& udp : section.udp_services) {
        wanted.push_back({config.file() + ": client.services", udp});
    }
    check_services(config, problems);
    return wanted;
}

void apply_backend_options(const Options& options, std::vector<RequestedService>& wanted, Problems& problems) {
    std::vector<AnyService*> services;
    for (RequestedService& one : wanted) {
        services.push_back(&one.service);
    }
    apply_backend_options(options, services, problems);
}

// Adds the services that `parse` makes from each value of the option.
template <typename Parse>
void add_wanted(const Options& options, std::string_view name, Parse parse, std::vector<RequestedService>& wanted,
                Problems& problems) {
    for (const std::string& text : options.list(name)) {
        std::string place = options.place_of(name) + ' ' + text;
        std::string error;
        auto services = parse(text, error);
        for (auto& service : services) {
            wanted.push_back({place, std::move(service)});
        }
        if (services.empty()) {
            problems.add(std::move(place), std::move(error));
        }
    }
}

// The only service of `tcp` or `udp`: ADDRESS, at the port of --remote-port. `like`: an example of ADDRESS.
template <typename Service>
std::vector<RequestedService> wanted_by_port(const Options& options, const char* like, Problems& problems) {
    std::string error;
    if (!options.operand()) {
        problems.add("ADDRESS", fmt::format("missing: what to offer, like {}", like));
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
    Service service(*port, *local);
    service.bind = options.text("remote-bind").value_or("");
    return {{*options.operand(), std::move(service)}};
}

// Reads a key, as `ferrotunnel token` makes one, from the file that the option names.
template <typename Key>
Key read_key_file(const Options& options, std::string_view option, Problems& problems) {
    const std::optional<std::string> path = options.text(option);
    if (!path) {
        return {};
    }
    try {
        return Key(Secret::from_file(*path));
    } catch (const config_error& error) {
        problems.add(options.place_of(option), *path + ": " + error.problems().front().text);
        return {};
    }
}

template <typename Service>
bool take_key(Service& service, const VisitKey& key) {
    if constexpr (requires { service.is_private; }) {
        service.key = service.is_private ? key : service.key;
        return service.is_private;
    }
    return false;
}

// Sets the key of all private services.
void apply_key_file(const Options& options, std::vector<RequestedService>& wanted, Problems& problems) {
    if (!options.has("key-file")) {
        return;
    }
    const auto key = read_key_file<VisitKey>(options, "key-file", problems);
    bool any = false;
    for (RequestedService& one : wanted) {
        any = std::visit([&](auto& service) { return take_key(service, key); }, one.service) || any;
    }
    if (!any) {
        problems.add(options.place_of("key-file"), "is for private services, like --private db=5432");
    }
}

// Whether the command line of `client` names services; otherwise the file's are offered.
bool names_services(const Options& options) {
    return options.has("tcp") || options.has("udp") || options.has("http") || options.has("passthrough") ||
           options.has("private") || options.has("private-udp") || options.has("tcp+udp");
}

}  // namespace

std::vector<RequestedService> read_client_services(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
    const bool named = names_services(options);
    if (sources.config != nullptr && !named) {
        if (has_backend_options(options)) {
            problems.add("--backend-..., --proxy-protocol, --health",
                         "only apply to services on the command line; a service in the file has keys for them");
        }
        if (has_guard_options(options)) {
            problems.add("--basic-auth, --allow-ip, --rate",
                         "only apply to services on the command line; a service in the file has the key `plugins`");
        }
        return read_config_services(*sources.config, problems);
    }
    if (const std::string text = options.text("tls").value_or(""); text.find('=') != std::string::npos) {
        problems.add(options.place_of("tls"),
                     "is on or off, for the connection to the server; for TLS visitors of a host use "
                     "--passthrough " +
                         text);
        return {};
    }
    std::vector<RequestedService> wanted;
    std::set<std::uint16_t> ports;
    std::set<std::uint16_t> udp_ports;
    const auto once = [](auto services, std::set<std::uint16_t>& taken, const char* what, std::string& error) {
        for (const auto& service : services) {
            if (service.remote_port != 0 && !taken.insert(service.remote_port).second) {
                error = fmt::format("the public {} appears twice", what);
                services.clear();
                break;
            }
        }
        return services;
    };
    const auto tcp_once = [&](const std::string& text, std::string& error) {
        return once(parse_tcp_spec(text, error), ports, "port", error);
    };
    const auto udp_once = [&](const std::string& text, std::string& error) {
        return once(parse_udp_spec(text, error), udp_ports, "UDP port", error);
    };
    add_wanted(options, "tcp", tcp_once, wanted, problems);
    add_wanted(options, "udp", udp_once, wanted, problems);
    std::vector<Udp> twins;
    add_wanted(
        options, "tcp+udp",
        [&](const std::string& text, std::string& error) {
            std::vector<Udp> of_text;
            std::vector<Tcp> tcp = once(parse_tcp_udp_spec(text, of_text, error), ports, "port", error);
            if (!tcp.empty() && once(of_text, udp_ports, "UDP port", error).empty()) {
                tcp.clear();
            }
            twins.insert(twins.end(), of_text.begin(), of_text.end());
            return tcp;
        },
        wanted, problems);
    for (Udp& twin : twins) {
        wanted.push_back({options.place_of("tcp+udp"), std::move(twin)});
    }
    add_wanted(options, "private", parse_private_spec, wanted, problems);
    add_wanted(options, "private-udp", parse_private_udp_spec, wanted, problems);
    add_wanted(options, "http", parse_http_spec, wanted, problems);
    add_wanted(options, "passthrough", parse_tls_spec, wanted, problems);
    if (!named) {
        problems.add("--tcp", "missing: what to offer, like --tcp 2222=127.0.0.1:22 or --http app.example.com=3000");
    }
    apply_backend_options(options, wanted, problems);
    apply_key_file(options, wanted, problems);
    return wanted;
}

std::vector<RequestedService> read_tcp_services(const Sources& sources, Problems& problems) {
    auto wanted =
        wanted_by_port<Tcp>(sources.options, "`ferrotunnel tcp 22` or `ferrotunnel tcp db.internal:5432`", problems);
    if (!wanted.empty()) {
        apply_backend_options(sources.options, wanted, problems);
    }
    return wanted;
}

std::vector<RequestedService> read_udp_services(const Sources& sources, Problems& problems) {
    auto wanted =
        wanted_by_port<Udp>(sources.options, "`ferrotunnel udp 53` or `ferrotunnel udp dns.internal:53`", problems);
    apply_backend_options(sources.options, wanted, problems);
    return wanted;
}

std::vector<RequestedService> read_http_services(const Sources& sources, Problems& problems) {
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
    std::vector<RequestedService> wanted{
        {options.has("host") ? options.place_of("host") : *options.operand(), std::move(http), *options.operand()}};
    apply_backend_options(options, wanted, problems);
    return wanted;
}

std::vector<RequestedService> read_tls_services(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
    std::string error;
    if (!options.operand()) {
        problems.add("ADDRESS", "missing: what to offer, like `ferrotunnel tls 8443 --host app.example.com`");
    }
    if (!options.has("host")) {
        problems.add("--host", "missing: the host that visitors request, like app.example.com");
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
    std::vector<RequestedService> wanted{{options.place_of("host"), std::move(tls), *options.operand()}};
    apply_backend_options(options, wanted, problems);
    return wanted;
}

std::vector<RequestedService> read_files_services(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
    if (!options.operand()) {
        problems.add("FOLDER", "missing: the folder to serve, like `ferrotunnel files ./dist`");
        return {};
    }
    Http http;
    http.local = "files:" + *options.operand();
    http.listing = options.has("listing") && options.flag("listing", problems);
    set_host(options.text("host").value_or(""), http);
    std::vector<RequestedService> wanted{{*options.operand(), std::move(http)}};
    apply_backend_options(options, wanted, problems);
    return wanted;
}

std::vector<RequestedService> read_exit_services(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
    Tcp tcp = Tcp::exit(0, options.list("allow"));
    std::string error;
    const char* const port_option = options.has("remote-port") ? "remote-port" : "port";
    if (const auto port = parse_remote_port(options.text(port_option).value_or("0"), error)) {
        tcp.remote_port = *port;
    } else {
        problems.add(options.place_of(port_option), error);
    }
    if (tcp.allow.empty()) {
        problems.add("--allow", "missing: the destinations that visitors may reach, like --allow '*.example.com:443'");
    }
    const std::optional<std::string> user = options.text("user");
    const std::optional<std::string> file = options.text("password-file");
    if (user.has_value() != file.has_value()) {
        problems.add(user ? "--user" : "--password-file", "--user and --password-file go together");
    } else if (user) {
        try {
            tcp.users.emplace_back(*user, Secret::from_file(*file));
        } catch (const config_error& problem) {
            problems.add(options.place_of("password-file"), problem.problems().front().text);
        }
    }
    std::vector<RequestedService> wanted{{"exit", std::move(tcp)}};
    apply_backend_options(options, wanted, problems);
    return wanted;
}

std::vector<RequestedService> read_no_services(const Sources&, Problems&) {
    return {};
}

std::optional<Visit> read_visit(const Sources& sources, Problems& problems) {
    const Options& options = sources.options;
    if (!options.operand()) {
        problems.add("SERVICE", "missing: the private service to visit, like `ferrotunnel visit db --local 5432`");
    }
    if (!options.has("local")) {
        problems.add("--local", "missing: the local port for the service, like --local 5432");
    }
    if (!options.has("key-file")) {
        problems.add("--key-file", "missing: the file with the key that the service's client has, too");
    }
    auto key = read_key_file<VisitKey>(options, "key-file", problems);
    if (!problems.empty()) {
        return std::nullopt;
    }
    Visit visit(*options.operand(), options.text("local").value_or(""), key);
    visit.kind = options.has("udp") && options.flag("udp", problems) ? Visit::Kind::udp : Visit::Kind::tcp;
    return visit;
}

void set_service_token(const Sources& sources, std::vector<RequestedService>& wanted, Problems& problems) {
    if (!sources.options.has("service-token")) {
        return;
    }
    const bool is_client = sources.options.command().name == "client";  // the other commands have only one service, or
                                                                        // a few
    if (sources.config != nullptr && is_client && !names_services(sources.options)) {
        problems.add(sources.options.place_of("service-token"),
                     "only applies to services on the command line; a service in the file has the key `token`");
        return;
    }
    const auto token = read_key_file<ServiceToken>(sources.options, "service-token", problems);
    for (RequestedService& one : wanted) {
        std::visit([&](auto& service) { service.token = token; }, one.service);
    }
}

void guard(const Sources& sources, std::vector<RequestedService>& wanted, Signals& signals, Problems& problems) {
    if (!has_guard_options(sources.options) || !sources.may_control) {
        return;
    }
    std::vector<AnyService*> services;
    for (RequestedService& one : wanted) {
        services.push_back(&one.service);
    }
    apply_guard_options(sources.options, services, signals, problems);
}

}  // namespace ferrotunnel::cli
