// Addresses and ports that a server listens on.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <set>

#include "doctor/limits.hpp"
#include "doctor/place_text.hpp"
#include "doctor/server_checks.hpp"
#include "usual_addresses.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

constexpr unsigned net_bind_service = 10;  // the capability's number

constexpr const char* grant_low_ports =
    "Run it as root or give it the capability: AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or `sudo setcap "
    "cap_net_bind_service=+ep` for the program.";

std::uint16_t port_in(const std::string& bind, std::uint16_t usual) {
    const std::uint16_t port = parts_of(bind).port;
    return port == 0 ? usual : port;
}

struct Listener {
    const char* setting;
    std::string bind;
};

std::vector<Listener> listeners_of(const ServerSubject& at) {
    std::vector<Listener> all{{"bind", at.section.bind}};
    // Without ACME, the default of HTTP is used only if it is free. With it, other ports than these are of little use.
    const bool has_acme = at.section.acme.has_value();
    const std::string http = at.section.http_bind.value_or(has_acme ? usual_http(has_acme).address : "off");
    const std::string https =
        at.section.https_bind.value_or(usual_https(has_acme, at.section.https.has_certificates()).address);
    if (http != "off") {
        all.push_back({"http_bind", http});
    }
    if (!https.empty() && https != "off") {
        all.push_back({"https_bind", https});
    }
    return all;
}

Finding failed_listener(const Listener& listener, const std::error_code& error) {
    const std::string what =
        fmt::format("{}: cannot listen on {}: {}.", listener.setting, listener.bind, error.message());
    if (error == std::errc::permission_denied) {
        return fault(what, grant_low_ports);
    }
    if (error == std::errc::address_in_use) {
        return fault(what, "Another program has that port: `ss -ltnp` shows it. End it, or choose another port.");
    }
    return fault(what, "Use an address of this machine (`ip address` lists them), or 0.0.0.0.");
}

// The lowest port in a list like "443,8000-8100"; 0 if there is none.
unsigned lowest_port(const std::string& list) {
    unsigned lowest = 0;
    for (std::size_t at = 0; at < list.size();) {
        unsigned number = 0;
        const auto [end, error] = std::from_chars(list.data() + at, list.data() + list.size(), number);
        if (error == std::errc() && (lowest == 0 || number < lowest)) {
            lowest = number;
        }
        at = list.find(',', at);
        at = at == std::string::npos ? list.size() : at + 1;
        at = std::min(list.find_first_not_of(' ', at), list.size());
    }
    return lowest;
}

// Whether a process may open this port; `pid`: 0 for this one.
bool may_bind(unsigned port, long pid) {
    unsigned first = 1'024;
    std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> first;
    if (port >= first) {
        return true;
    }
    std::ifstream lines(pid == 0 ? "/proc/self/status" : fmt::format("/proc/{}/status", pid));
    constexpr std::string_view heading = "CapEff:\t";
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(heading)) {
            std::uint64_t bits = 0;
            std::from_chars(line.data() + heading.size(), line.data() + line.size(), bits, 16);
            return (bits >> net_bind_service & 1U) != 0;
        }
    }
    return false;
}

}  // namespace

Findings check_listeners(ServerSubject& at, Deadline deadline) {
    Findings findings;
    std::set<std::string> seen;
    for (const Listener& listener : listeners_of(at)) {
        if (!seen.insert(listener.bind).second) {
            continue;
        }
        const EndpointParts parts = parts_of(listener.bind);
        const std::string host = parts.host.empty() ? "0.0.0.0" : parts.host;
        const Resolved resolved =
            resolve(host, port_in(listener.bind, usual_control_port), within(name_patience, deadline));
        std::error_code error = std::make_error_code(std::errc::address_not_available);
        if (!resolved.addresses.empty()) {
            error.clear();
            (void)listen_at(resolved.addresses.front(), error);
        }
        // For a low port, a user without the capability gets the refusal of rights although the running server has it.
        const bool is_taken = error == std::errc::address_in_use || error == std::errc::permission_denied;
        if (error && !(is_taken && !at.running.empty())) {
            findings.push_back(failed_listener(listener, error));
        }
    }
    if (findings.empty()) {
        findings.push_back(good(at.running.empty() ? "The server can listen on its addresses."
                                                   : "The running server listens on its addresses."));
    }
    return findings;
}

Findings check_low_ports(ServerSubject& at, Deadline) {
    const unsigned lowest = lowest_port(at.section.allow_ports);
    if (lowest == 0 || may_bind(lowest, at.running_pid)) {
        return {good("The allowed public ports can be opened.")};
    }
    return {fault(fmt::format("Port {} is allowed, but {} may not open ports below 1024.", lowest,
                              at.running_pid == 0 ? "this user" : "the running server"),
                  grant_low_ports)};
}

}  // namespace ferrotunnel::cli::doctor
