// `ferrotunnel route`: tells which service a URL meets and why, from a configuration alone.
#include <fmt/format.h>

#include <utility>

#include "commands.hpp"
#include "ferrotunnel/http_route.hpp"
#include "help.hpp"
#include "http_spec.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

// Whether a problem of a file matters here: only those of its services do, since its token may be on another machine.
bool concerns_services(const Problem& problem) {
    return problem.key.empty() || problem.key == "client" || problem.key.starts_with("client.services");
}

std::vector<Http> services_of_file(const std::string& file, Problems& problems) {
    std::vector<Problem> found;
    const Config config = Config::try_load(file, found);
    for (const Problem& problem : found) {
        if (concerns_services(problem)) {
            problems.add(problem);
        }
    }
    std::vector<Http> services = config.client_section().http_services;
    if (problems.empty() && services.empty()) {
        for (const Problem& problem : found) {
            problems.add(problem);  // may be the reason why there are no services
        }
        problems.add(file + ": client.services", "has no HTTP services, like `- {http: app.example.com, local: 3000}`");
    }
    return services;
}

std::vector<Http> services_of_options(const Options& options, Problems& problems) {
    std::vector<Http> services;
    for (const std::string& text : options.list("http")) {
        std::string error;
        if (auto service = parse_http_spec(text, error)) {
            services.push_back(std::move(*service));
        } else {
            problems.add(options.place_of("http") + ' ' + text, std::move(error));
        }
    }
    return services;
}

std::vector<Http> services_of(const Options& options, Problems& problems) {
    return options.has("http") ? services_of_options(options, problems)
                               : services_of_file(options.text("config").value_or(default_config_file), problems);
}

void print_line(const std::string& line) {
    fmt::print("{}\n", printable(line));
}

void print_list(const char* title, const std::vector<std::string>& lines) {
    if (!lines.empty()) {
        print_line(title);
    }
    for (const std::string& line : lines) {
        print_line("  " + line);
    }
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
    print_list("the backend sees", route.request);
    print_list("and", route.notes);
}

}  // namespace

const CommandInfo& route_info() {
    static const CommandInfo info{
        "route",
        "tells which HTTP service a URL meets, why, and what its backend sees",
        "URL",
        "  ferrotunnel route https://app.example.com/api/users --config ferrotunnel.yml\n"
        "  ferrotunnel route app.example.com/api --http app.example.com=3000 --http app.example.com/api=3001\n"
        "Nothing is started or connected. The services are those of the file's `client:` section; what other clients\n"
        "of the same server offer is not known here. The host decides first: exact, `*.`, `**.`, then `*`. Of its\n"
        "services the path decides: an equal one, then expressions in their order, then the longest prefix.\n",
        {
            {"Request", {{"method", "METHOD", "Default: GET.", false}}},
            {"Services",
             {
                 {"config", "FILE", "The YAML file that has them. Default: ferrotunnel.yml.", false, 'c'},
                 {"http", "HOST=ADDRESS", "Instead of a file: as `ferrotunnel client` takes it.", true},
             }},
        },
        CommandInfo::Kind::route,
    };
    return info;
}

ExitCode run_route(Arguments arguments) {
    Problems problems;
    Options options(route_info());
    if (!options.parse(std::move(arguments.words), problems)) {
        fmt::print("{}", help_for(route_info()));
        return ExitCode::ok;
    }
    if (!options.operand()) {
        problems.add("URL", "missing: what a visitor asks for, like https://app.example.com/api");
    }
    const std::vector<Http> services = services_of(options, problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "route"};
    }
    try {
        const HttpRoute route = find_route(services, *options.operand(), options.text("method").value_or("GET"));
        print(route, services);
        return route.outcome == HttpRoute::Outcome::page ? ExitCode::failure : ExitCode::ok;
    } catch (const config_error& error) {
        for (const Problem& problem : error.problems()) {
            problems.add(problem.key, problem.text);
        }
        throw UsageError{std::move(problems), "route"};
    }
}

}  // namespace ferrotunnel::cli
