#include "doctor/path_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "doctor/http_head.hpp"
#include "doctor/limits.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

bool is_refusal(const Dialled& one) {
    return one.error == std::errc::connection_refused;
}

bool is_silence(const Dialled& one) {
    return one.error == std::errc::timed_out;
}

bool has_no_route(const Dialled& one) {
    return one.error == std::errc::network_unreachable || one.error == std::errc::host_unreachable ||
           one.error == std::errc::address_not_available || one.error == std::errc::address_family_not_supported;
}

// What is wrong if no address of `place` can be reached.
Finding unreached(const std::vector<Dialled>& attempts, const std::string& place, bool is_proxy) {
    if (std::ranges::any_of(attempts, is_refusal)) {
        return fault(place + " refuses connections: the machine answers, but nothing listens on that port.",
                     is_proxy ? "Correct the proxy's address (--proxy, HTTPS_PROXY), or use --proxy off."
                              : "Start the server there, or correct the port; `ferrotunnel server` prints it "
                                "(default 7835).");
    }
    if (std::ranges::any_of(attempts, is_silence)) {
        return fault(place + " does not answer: connections are dropped without a refusal.",
                     is_proxy ? "A firewall is in between, or the proxy's address is wrong."
                              : "Open the port in the firewall of the server's machine and of its provider. If this "
                                "network only allows port 443, let the server listen there (docs/operations.md, "
                                "\"One port for everything\"), or use --proxy.");
    }
    return fault(fmt::format("There is no route to {}: {}.", place, attempts.front().error.message()),
                 "Check this machine's network: addresses, default route, VPN.");
}

}  // namespace

std::string remedy_for_name(const Resolved& resolved, std::string remedy) {
    return resolved.is_unanswered ? "Check the name servers in /etc/resolv.conf, and that this network allows DNS."
                                  : std::move(remedy);
}

Findings check_name(ClientSubject& at, Deadline deadline) {
    const bool through_proxy = !at.place.proxy.empty();
    const std::string& host = through_proxy ? at.place.proxy_host : at.place.host;
    const std::uint16_t port = through_proxy ? at.place.proxy_port : at.place.port;
    Resolved resolved = resolve(host, port, within(name_patience, deadline));
    if (resolved.is_unanswered) {
        return {fault(fmt::format("The name {} was not resolved: no name server answers ({}).", host, resolved.fault),
                      remedy_for_name(resolved, {}))};
    }
    if (!resolved.fault.empty()) {
        return {fault(fmt::format("The name {} does not resolve: {}.", host, resolved.fault),
                      "Correct the name, or add an A or AAAA record for it.")};
    }
    at.addresses = std::move(resolved.addresses);
    const std::string found = fmt::format("{} is {}.", host, list_of(at.addresses));
    return {good(through_proxy ? found + " The proxy resolves the server's name." : found)};
}

Findings check_port(ClientSubject& at, Deadline deadline) {
    const bool through_proxy = !at.place.proxy.empty();
    const std::string place = through_proxy ? "The proxy " + at.place.proxy : text_of(at.place);
    const auto began = std::chrono::steady_clock::now();
    at.attempts = dial(at.addresses, within(dial_patience, deadline));
    const auto connected = std::ranges::find_if(at.attempts, [](const Dialled& one) { return !one.error; });
    if (connected == at.attempts.end()) {
        return {unreached(at.attempts, place, through_proxy)};
    }
    at.connection.at = connected->at;
    at.connection.socket = std::move(connected->socket);
    for (Dialled& other : at.attempts) {
        other.socket.close();
    }
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    const bool all = std::ranges::all_of(at.attempts, [](const Dialled& one) { return !one.error; });
    // With a dead address in the list, the time is that of waiting for it.
    return {good(
        all ? fmt::format("{} accepts connections at {}, within {} ms.", place, at.connection.at.text(), took.count())
            : fmt::format("{} accepts connections at {}.", place, at.connection.at.text()))};
}

Findings check_proxy(ClientSubject& at, Deadline deadline) {
    if (at.place.proxy.empty()) {
        return {good("No proxy is configured.")};
    }
    if (!at.place.proxy_connects) {
        return {good(fmt::format("{} is a SOCKS5 proxy; the login goes through it.", at.place.proxy))};
    }
    const HttpAnswer answer = connect_through(at.connection.socket.get(), text_of(at.place), at.place.proxy_login,
                                              within(answer_patience, deadline));
    at.proxy_clock = answer.clock_ahead;
    if (answer.status == 0) {
        return {fault(fmt::format("The proxy {} does not answer as an HTTP proxy.", at.place.proxy),
                      "Correct its address; for a SOCKS5 proxy write socks5://HOST:PORT.")};
    }
    if (answer.status == 407) {
        const bool has_login = !at.place.proxy_login.empty();
        const bool has_basic = answer.head.find("asic") != std::string::npos;
        return {
            fault(fmt::format("The proxy {} {} (407).", at.place.proxy,
                              has_login && has_basic ? "does not accept this user and password" : "requires a login"),
                  has_basic ? "Set user and password: FERROTUNNEL_PROXY=http://USER:PASSWORD@HOST:PORT."
                            : "It does not offer Basic: run a helper beside the client, such as cntlm or px.")};
    }
    if (answer.status < 200 || answer.status > 299) {
        return {fault(fmt::format("The proxy {} refuses to connect to {}: {}.", at.place.proxy, text_of(at.place),
                                  answer.status_line()),
                      "Ask its administrator to allow this address. Many proxies only allow port 443: let the server "
                      "listen there (`--bind 0.0.0.0:443`).")};
    }
    return {good(fmt::format("The proxy {} connects to {}.", at.place.proxy, text_of(at.place)))};
}

Findings check_six(ClientSubject& at, Deadline) {
    const auto six = std::ranges::find_if(at.attempts, [](const Dialled& one) { return one.at.is_six(); });
    if (six == at.attempts.end()) {
        return {good("The server has no IPv6 address; IPv4 is used.")};
    }
    const bool reached =
        std::ranges::any_of(at.attempts, [](const Dialled& one) { return one.at.is_six() && !one.error; });
    if (reached) {
        return {good("The server is reached over IPv6.")};
    }
    if (has_no_route(*six)) {
        return {note("The server has an IPv6 address, but this machine has no IPv6 route to it; IPv4 is used.")};
    }
    return {note(fmt::format("The server's IPv6 address {} does not accept connections ({}); IPv4 is used, after a "
                             "delay of up to 0.25 s.",
                             six->at.ip(), six->error.message()),
                 "Remove its AAAA record, or let the server listen on IPv6 too (`--bind [::]:7835`).")};
}

}  // namespace ferrotunnel::cli::doctor
