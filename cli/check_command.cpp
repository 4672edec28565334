// `ferrotunnel check`: whether a configuration file is right, without starting anything.
#include <fmt/format.h>

#include <utility>

#include "commands.hpp"
#include "help.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

std::string counted(std::size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string_view encryption(const Config::Section& section) {
    return section.tls_off ? "TLS is OFF" : "TLS 1.3";
}

void print_server(const Config::ServerSection& server) {
    fmt::print("{}\n", printable(fmt::format("  server    clients at {}, {}; visitors at {}, ports {}; {}", server.bind,
                                             encryption(server), server.tcp_bind,
                                             server.allow_ports.empty() ? "from 1024 on" : server.allow_ports,
                                             counted(server.tokens, "token"))));
}

void print_client(const Config::ClientSection& client) {
    fmt::print("{}\n", printable(fmt::format("  client    to {}, {}; {}, {}", client.server, encryption(client),
                                             counted(client.connections, "connection"),
                                             counted(client.services.size(), "service"))));
    for (const Tcp& tcp : client.services) {
        fmt::print("{}\n",
                   printable(fmt::format("    {:<16}tcp {} -> {}", tcp.name,
                                         tcp.remote_port == 0 ? "any" : std::to_string(tcp.remote_port), tcp.local)));
    }
}

// The same as `run` would say.
void check(const Config& config, Problems& problems) {
    std::vector<Problem> found;
    if (config.has_server()) {
        found = config.server().check();
    }
    if (config.has_client()) {
        const std::vector<Problem> more = config.client().check();
        found.insert(found.end(), more.begin(), more.end());
    }
    for (const Problem& problem : found) {
        problems.add(problem);
    }
    check_services(config, problems);
}

}  // namespace

const CommandInfo& check_info() {
    static const CommandInfo info{
        "check",
        "tells whether a configuration file is right, without starting anything",
        "[FILE]",
        "  ferrotunnel check\n"
        "  ferrotunnel check /etc/ferrotunnel/ferrotunnel.yml\n"
        "Without FILE: ferrotunnel.yml. Files that it names are read, tokens and certificates included.\n",
        {},
        CommandInfo::Kind::check,
    };
    return info;
}

ExitCode run_check(Arguments arguments) {
    Problems problems;
    Options options(check_info());
    if (!options.parse(std::move(arguments.words), problems)) {
        fmt::print("{}", help_for(check_info()));
        return ExitCode::ok;
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "check"};
    }
    const std::string file = options.operand().value_or(default_config_file);
    const Config config = read_config_file(file, problems);
    check(config, problems);
    if (!problems.empty()) {
        const std::vector<std::string> lines = problems.lines();
        fmt::print(stderr, "{}: {}\n", printable(file), counted(lines.size(), "problem"));
        for (const std::string& line : lines) {
            fmt::print(stderr, "  {}\n", line);
        }
        return ExitCode::usage;
    }
    fmt::print("ok: {}\n", printable(file));
    if (config.has_server()) {
        print_server(config.server_section());
    }
    if (config.has_client()) {
        print_client(config.client_section());
    }
    return ExitCode::ok;
}

}  // namespace ferrotunnel::cli
