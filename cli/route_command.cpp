// `ferrotunnel route`: explains which service a URL matches, from a configuration only.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <iterator>
#include <utility>

#include "commands.hpp"
#include "control_targets.hpp"
#include "ferrotunnel/http_route.hpp"
#include "help.hpp"
#include "http_spec.hpp"
#include "printable.hpp"
#include "status_text.hpp"

namespace ferrotunnel::cli {
namespace {

/// What a server knows when a request arrives.
struct Known {
    std::vector<Http> services;
    std::vector<PluginUse> plugins;
};

// Whether a problem of a file matters here: only those of its services and plugins do, since its token may be on
// another machine.
bool concerns_routes(const Problem& problem) {
    return problem.key.empty() || problem.key == "client" || problem.key.starts_with("client.services") ||
           problem.key.starts_with("server.plugins");
}

Known known_of_file(const std::string& file, Problems& problems) {
    std::vector<Problem> found;
    const Config config = Config::try_load(file, found);
    for (const Problem& problem : found) {
        if (concerns_routes(problem)) {
            problems.add(problem);
        }
    }
    Known known{config.client_section().http_services, config.server_section().plugins};
    if (problems.empty() && known.services.empty()) {
        for (const Problem& problem : found) {
            problems.add(problem);  // may explain why there are no services
        }
        problems.add(file + ": client.services", "has no HTTP services, like `- {http: app.example.com, local: 3000}`");
    }
    return known;
}

std::vector<Http> services_of_options(const Options& options, Problems& problems) {
    std::vector<Http> services;
    for (const std::string& text : options.list("http")) {
        std::string error;
        auto found = parse_http_spec(text, error);
        if (found.empty()) {
            problems.add(options.place_of("http") + ' ' + text, std::move(error));
        }
        std::ranges::move(found, std::back_inserter(services));
    }
    return services;
}

Known known_of(const Options& options, Problems& problems) {
    return options.has("http") ? Known{services_of_options(options, problems), {}}
                               : known_of_file(options.text("config").value_or(default_config_file), problems);
}

HttpRouteRequest request_of(const Options& options, Problems& problems) {
    HttpRouteRequest request;
    request.url = options.operand().value_or("");
    request.method = options.text("method").value_or(request.method);
    request.visitor = options.text("visitor").value_or(request.visitor);
    for (const std::string& text : options.list("header")) {
        const std::size_t colon = text.find(':');
        if (colon == std::string::npos) {
            problems.add(options.place_of("header") + ' ' + text, "has no colon; expected a field like 'X-User: ann'");
            continue;
        }
        const std::size_t begin = std::min(text.find_first_not_of(" \t", colon + 1), text.size());
        request.headers.push_back({text.substr(0, colon), text.substr(begin)});
    }
    return request;
}

bool is_cookie(std::string name) {
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    return name == "cookie";
}

void print_list(const char* title, const std::vector<std::string>& lines) {
    if (!lines.empty()) {
        print_line(title);
    }
    for (const std::string& line : lines) {
        print_line("  " + line);
    }
}

void print_plugins(const std::vector<HttpRoutePlugin>& plugins) {
    std::vector<std::string> lines;
    for (const HttpRoutePlugin& plugin : plugins) {
        const char* const runs = plugin.runs == HttpRoutePlugin::Runs::yes  ? "runs"
                                 : plugin.runs == HttpRoutePlugin::Runs::no ? "does not run"
                                                                            : "may run";
        lines.push_back(fmt::format("{} {}: {}", plugin.plugin, runs, plugin.why));
    }
    print_list("plugins, in this order", lines);
}

void print(const HttpRoute& route, const std::vector<Http>& services) {
    switch (route.outcome) {
        case HttpRoute::Outcome::backend:
            print_line(fmt::format("-> {}", services[route.service].local));
            break;
        case HttpRoute::Outcome::redirect:
            print_line(fmt::format("-> {} to {}", route.status, route.location));
            break;
        case HttpRoute::Outcome::page:
            print_line(fmt::format("-> {}, {}", route.status, route.code));
            break;
    }
    print_list("why", route.why);
    print_plugins(route.plugins);
    print_list("the backend receives", route.request);
    print_list("and", route.notes);
}

// Asks the running server, which knows the services of all clients and the present members of groups.
ExitCode ask_server(const Options& options, const HttpRouteRequest& request, bool json) {
    std::string cookie;
    for (const HttpField& field : request.headers) {
        if (is_cookie(field.name)) {
            cookie += (cookie.empty() ? "" : "; ") + field.value;
        }
    }
    const Control control(selected_program(options, "server").path);
    const std::string answer = control.route(request.url, options.text("visitor").value_or(""), cookie);
    const Json route = Json::parse(answer, nullptr, false);
    fmt::print("{}", json ? answer : route_text(route));
    return text_in(route, "found") == "service" ? ExitCode::ok : ExitCode::failure;
}

}  // namespace

const CommandInfo& route_info() {
    static const CommandInfo info{
        "route",
        "explain which HTTP service a URL reaches, and why",
        "URL",
        "  ferrotunnel route https://app.example.com/api/users --config ferrotunnel.yml\n"
        "  ferrotunnel route app.example.com/api --http app.example.com=3000 --http app.example.com/api=3001\n"
        "  ferrotunnel route app.example.com --running --visitor 203.0.113.7   # asks the running server\n"
        "Nothing is started, and no plugin is called. The services are those of the file's `client:`\n"
        "section; services of other clients are known only with --running, which also shows the members\n"
        "of a group. The host decides first (exact, `*.`, `**.`, then `*`), then the path: an equal one,\n"
        "then expressions in their order, then the longest prefix. The output also lists the plugins of\n"
        "the file that run for the request.\n",
        {
            {"Request",
             {
                 {"method", "METHOD", "Method of the request (default GET)"},
                 {"header", "FIELD", "Header field, like 'X-User: ann'; may be repeated", "", true, 'H'},
                 {"visitor", "ADDRESS", "Address of the visitor (default 127.0.0.1)"},
             }},
            {"Services",
             {
                 {"config", "FILE", "YAML file with the services (default ferrotunnel.yml)", "", false, 'c'},
                 {"http", "HOST=ADDRESS", "Service as in `ferrotunnel client`, instead of a file; may be repeated", "",
                  true},
                 {"running", "", "Ask the running server, instead of a file"},
                 {"json", "", "Print the answer of --running as JSON"},
             }},
            target_section(),
        },
        CommandInfo::Kind::route,
        ValueKind::host,
    };
    return info;
}

ExitCode run_route(Arguments arguments) {
    Problems problems;
    Options options(route_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    if (!options.operand()) {
        problems.add("URL", "missing: the URL to explain, like https://app.example.com/api");
    }
    const HttpRouteRequest request = request_of(options, problems);
    const bool asks = options.flag("running", problems);
    const bool json = options.flag("json", problems);
    if (json && !asks && options.place_of("json") == "--json") {  // a variable may be meant for other commands
        problems.add("--json", "is for --running");
    }
    const Known known = asks ? Known{} : known_of(options, problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "route"};
    }
    if (asks) {
        return ask_server(options, request, json);
    }
    try {
        const HttpRoute route = find_route(known.services, request, known.plugins);
        print(route, known.services);
        return route.outcome == HttpRoute::Outcome::page ? ExitCode::failure : ExitCode::ok;
    } catch (const config_error& error) {
        for (const Problem& problem : error.problems()) {
            problems.add(problem.key, problem.text);
        }
        throw UsageError{std::move(problems), "route"};
    }
}

}  // namespace ferrotunnel::cli
