// `ferrotunnel check`: validates a configuration file without starting anything.
#include <fmt/format.h>

#include <utility>

#include "acme_options.hpp"
#include "commands.hpp"
#include "help.hpp"
#include "print_error.hpp"
#include "printable.hpp"
#include "server_list.hpp"
#include "single_mount.hpp"
#include "usual_addresses.hpp"

namespace ferrotunnel::cli {
namespace {

std::string counted(std::size_t number, std::string_view what) {
    return fmt::format("{} {}{}", number, what, number == 1 ? "" : "s");
}

std::string_view encryption(const Config::Section& section) {
    return section.tls ? "TLS 1.3" : "TLS is OFF";
}

std::string either_of(const UsualAddress& usual) {
    return usual.address + (usual.fallback.empty() ? "" : ", otherwise " + usual.fallback);
}

std::string http_of(const Config::ServerSection& server) {
    const bool has_acme = server.acme.has_value();
    const UsualAddress usual = usual_http(has_acme);
    std::string text = "no HTTP";
    if (server.http_bind != "off") {
        text = "HTTP at " + server.http_bind.value_or(has_acme ? either_of(usual) : usual.address + " if that is free");
    }
    const std::string https =
        server.https_bind.value_or(either_of(usual_https(has_acme, server.https.has_certificates())));
    return text + (https == "off" || https.empty() ? "" : ", HTTPS at " + https) +
           (server.acme ? ", certificates from " + ca_of(*server.acme) : "") +
           (server.domain.empty() ? "" : ", hosts below " + server.domain);
}

std::string cluster_member_of(const Config::ServerSection& server) {
    return server.cluster
               ? fmt::format("; member {} of a cluster of {}", server.cluster->name, server.cluster->peers.size() + 1)
               : "";
}

void print_server(const Config::ServerSection& server) {
    print_line(fmt::format("  server    clients at {}, {}; visitors at {}, ports {}; {}; {}{}", server.bind,
                           encryption(server), server.tcp_bind,
                           server.allow_ports.empty() ? "from 1024 on" : server.allow_ports, http_of(server),
                           counted(server.tokens, "token"), cluster_member_of(server)));
}

std::string hosts_of(const std::string& host, const std::vector<std::string>& aliases) {
    std::string hosts = host;
    for (const std::string& alias : aliases) {
        hosts += ", " + alias;
    }
    return hosts;
}

std::string visitors_port(const std::string& bind, std::uint16_t remote_port) {
    const bool six = bind.find(':') != std::string::npos;
    const std::string host = bind.empty() ? "" : six ? '[' + bind + "]:" : bind + ':';
    return host + (remote_port == 0 ? "any" : std::to_string(remote_port));
}

std::string_view off_or_not(bool enabled) {
    return enabled ? "" : " (off)";
}

void print_client(const Config::ClientSection& client) {
    print_line(fmt::format("  client    to {}, {}; {}, {}", servers_text(client.servers), encryption(client),
                           counted(client.connections, "connection"),
                           counted(client.services.size() + client.http_services.size() + client.tls_services.size() +
                                       client.udp_services.size(),
                                   "service") +
                               (client.visits.empty() ? "" : ", " + counted(client.visits.size(), "visit"))));
    for (const Tcp& tcp : client.services) {
        const std::string port = tcp.is_private ? "private" : visitors_port(tcp.bind, tcp.remote_port);
        print_line(fmt::format("    {:<16} tcp {} -> {}{}", tcp.name, port, tcp.local, off_or_not(tcp.enabled)));
    }
    for (const Udp& udp : client.udp_services) {
        const std::string port = udp.is_private ? "private" : visitors_port(udp.bind, udp.remote_port);
        print_line(fmt::format("    {:<16} udp {} -> {}{}", udp.name, port, udp.local, off_or_not(udp.enabled)));
    }
    for (const Http& http : client.http_services) {
        std::string where = hosts_of(http.host.empty() ? "assigned" : http.host, http.aliases);
        where += (http.path.empty() ? "" : " ") + http.path;
        const std::string to = http.rules.redirect ? "redirect to " + http.rules.redirect->to : http.local;
        print_line(fmt::format("    {:<16} http {} -> {}{}", http.name, where, to, off_or_not(http.enabled)));
    }
    for (const Tls& tls : client.tls_services) {
        print_line(fmt::format("    {:<16} tls {} -> {}{}", tls.name, hosts_of(tls.host, tls.aliases), tls.local,
                               off_or_not(tls.enabled)));
    }
    for (const Visit& visit : client.visits) {
        print_line(fmt::format("    {:<16} visited at {}{}", visit.service,
                               visit.kind == Visit::Kind::udp ? "UDP " : "", visit.local));
    }
}

// Prints the warnings that a start would log. `part`: the file and the key of the section.
void warn_of_exposed(const Config::Section& section, const std::string& part) {
    const auto warn = [&part](std::string_view key, const std::string& file) {
        const std::string text =
            fmt::format("{}.{}: the file \"{}\" can be read by other users of this machine", part, key, file);
        print_error("warning: {}\n", printable(text));
    };
    for (const std::string& file : section.exposed_token_files) {
        warn("token", file);
    }
    if (!section.exposed_dashboard_file.empty()) {
        warn("dashboard_token_file", section.exposed_dashboard_file);
    }
}

}  // namespace

void check_config(const Options& options, Arguments& arguments, const Config& config, Problems& problems) {
    const Sources sources{options, arguments, &config, true, false};
    Signals signals;
    if (config.has_server()) {
        check_server_part(sources, signals, problems);
    }
    if (config.has_client()) {
        (void)make_client_part(sources, signals, problems);
        for (const Problem& problem : config.service_plugin_problems()) {
            problems.add(problem);
        }
    }
}

const CommandInfo& check_info() {
    static const CommandInfo info{
        "check",
        "validate a configuration file without starting anything",
        "[FILE]",
        "  ferrotunnel check\n"
        "  ferrotunnel check /etc/ferrotunnel/ferrotunnel.yml\n"
        "Files that it names are read, too: tokens and certificates, for example.\n",
        {{"Options",
          {{"config", "FILE", "Configuration file, instead of FILE (default ferrotunnel.yml)", "", false, 'c'},
           {"effective", "", "Print the whole configuration with defaults; secrets are hidden",
            "Print the whole configuration instead, with included files and defaults; secrets are hidden."}}}},
        CommandInfo::Kind::check,
    };
    return info;
}

ExitCode run_check(Arguments arguments) {
    Problems problems;
    Options options(check_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    const std::string file = config_file_of(options, problems);
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "check"};
    }
    const Config config = read_config_file(file, problems);
    check_config(options, arguments, config, problems);
    if (!problems.empty()) {
        const std::vector<std::string> lines = problems.lines();
        print_error("{}: {}\n", printable(file), counted(lines.size(), "problem"));
        for (const std::string& line : lines) {
            print_error("  {}\n", line);
        }
        return ExitCode::usage;
    }
    if (options.flag("effective", problems)) {
        fmt::print("{}", config.effective());
        return ExitCode::ok;
    }
    warn_of_exposed(config.server_section(), file + ": server");
    warn_of_exposed(config.client_section(), file + ": client");
    if (const std::string blind = unseen_changes_reason(file); !blind.empty()) {
        print_error("warning: {}\n", printable(fmt::format("{} {}", file, blind)));
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
