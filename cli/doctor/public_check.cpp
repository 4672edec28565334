// Connects to the public addresses of a client's own services.
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <utility>

#include "doctor/answerer.hpp"
#include "doctor/http_head.hpp"
#include "doctor/limits.hpp"
#include "doctor/path_checks.hpp"
#include "doctor/place_text.hpp"
#include "doctor/service_checks.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

// What is learned about all services together.
struct Seen {
    Findings findings{};
    std::size_t reached = 0;
    std::optional<long> clock_ahead{};
};

HttpAnswer ask(const Dialled& dialled, const PublicService& service, const EndpointParts& parts, Deadline deadline,
               Seen& seen) {
    const int socket = dialled.socket.get();
    const std::string& host = service.hosts.empty() ? parts.host : service.hosts.front();
    const bool is_usual = parts.port == (parts.scheme == "https" ? 443 : 80);
    const std::string authority = is_usual ? host : host + ':' + std::to_string(parts.port);
    if (parts.scheme != "https") {
        return get({[&](std::string_view data) { return send_all(socket, data, deadline); },
                    [&](std::string& data) { return receive_some(socket, data, deadline); }},
                   authority, service.path);
    }
    TlsProbe probe;
    const TlsProbe::Outcome outcome = probe.shake_hands(socket, {host, "http/1.1", ""}, deadline);
    if (!outcome.certificate) {
        return {};
    }
    const long days = outcome.certificate->days_left(std::time(nullptr));
    if (outcome.certificate->until < std::time(nullptr)) {
        seen.findings.push_back(fault(fmt::format("{}: the certificate for {} expired on {}.", service.name, host,
                                                  date_of(outcome.certificate->until)),
                                      "Renew it on the server (`https.certificates`)."));
    } else if (days < expiry_warning_days) {
        seen.findings.push_back(
            warning(fmt::format("{}: the certificate for {} expires in {} days.", service.name, host, days),
                    "Renew it on the server (`https.certificates`)."));
    }
    return get({[&](std::string_view data) { return probe.send(data, deadline); },
                [&](std::string& data) { return probe.receive(data, deadline); }},
               authority, service.path);
}

Finding unreached_service(const PublicService& service, const Dialled& dialled) {
    if (dialled.error == std::errc::connection_refused) {
        return warning(
            fmt::format("{}: its public address {} refuses connections from here.", service.name, dialled.at.text()),
            "Visitors may not reach it: check port forwardings and the firewall of the server.");
    }
    return warning(fmt::format("{}: its public address {} cannot be reached from here: {}.", service.name,
                               dialled.at.text(), dialled.error.message()),
                   "Open the port in the firewall of the server's machine and of its provider. If only this network "
                   "blocks it, visitors elsewhere are not affected.");
}

void visit(const PublicService& service, const Dialled& dialled, const std::string& mark, Deadline deadline,
           Seen& seen) {
    if (dialled.error) {
        seen.findings.push_back(unreached_service(service, dialled));
        return;
    }
    ++seen.reached;
    if (service.path.empty() || mark.empty()) {
        return;  // the service of a running client: its backend gets no request
    }
    const EndpointParts parts = parts_of(service.endpoint);
    const HttpAnswer answer = ask(dialled, service, parts, within(answer_patience, deadline), seen);
    if (!parts.scheme.empty() && answer.clock_ahead) {
        seen.clock_ahead = answer.clock_ahead;
    }
    if (answer.status == 0 && std::chrono::steady_clock::now() >= deadline) {
        seen.findings.push_back(skipped(service.name + ": no response before the time was over."));
        return;
    }
    if (answer.body.find(mark) == std::string::npos && !service.has_plugins) {
        --seen.reached;
        seen.findings.push_back(
            warning(fmt::format("{}: {} accepts connections, but this client does not receive them ({}).", service.name,
                                service.endpoint, answer.status == 0 ? "no response" : answer.status_line()),
                    "Another program or machine answers there: check names, port forwardings and proxies in front."));
    }
}

bool is_loopback(const Address& address) {
    return address.ip() == "::1" || address.ip().starts_with("127.");
}

// One of these that the server's name has, preferably the connected one; null if there is none.
const Address* own_address(const std::vector<Address>& addresses, const ClientSubject& at) {
    const Address* own = nullptr;
    for (const Address& one : addresses) {
        if (one.ip() == at.connection.at.ip()) {
            return &one;
        }
        if (own == nullptr && have_common({one}, at.addresses)) {
            own = &one;
        }
    }
    return own;
}

}  // namespace

Findings check_public(ClientSubject& at, Deadline deadline) {
    if (!at.place.proxy.empty()) {
        return {skipped("Behind a proxy, public addresses are not dialled.")};
    }
    Seen seen;
    std::vector<const PublicService*> dialled_services;
    std::vector<Address> addresses;
    for (const PublicService& service : at.services) {
        const EndpointParts parts = parts_of(service.endpoint);
        if (parts.port == 0) {
            continue;  // only its name is known
        }
        const std::string& host = service.hosts.empty() ? parts.host : service.hosts.front();
        if (is_local_name(host)) {  // without a record; and this machine, which need not be the server's
            if (is_loopback(at.connection.at)) {
                addresses.push_back(at.connection.at);
                addresses.back().set_port(parts.port);
                dialled_services.push_back(&service);
            }
            continue;
        }
        const Resolved resolved = resolve(host, parts.port, within(name_patience, deadline));
        if (resolved.addresses.empty()) {
            continue;
        }
        // An address that the server has, if there is one: of several, some may not be reached from here.
        const Address* const own = own_address(resolved.addresses, at);
        if (own == nullptr && service.is_assigned) {
            seen.findings.push_back(skipped(
                fmt::format("{}: {} is not dialled, since it leads to {} and not to an address of the server's name.",
                            service.name, service.endpoint, list_of(resolved.addresses))));
            continue;
        }
        addresses.push_back(own != nullptr ? *own : resolved.addresses.front());
        dialled_services.push_back(&service);
    }
    if (!addresses.empty() && std::chrono::steady_clock::now() >= deadline) {
        return {skipped("Not tried: the time was over.")};
    }
    const std::vector<Dialled> dialled = dial(addresses, within(dial_patience, deadline));
    for (std::size_t i = 0; i < dialled.size(); ++i) {
        if (std::chrono::steady_clock::now() >= deadline) {
            seen.findings.push_back(skipped("Other public addresses were not tried: the time was over."));
            break;
        }
        visit(*dialled_services[i], dialled[i], at.answerer ? at.answerer->mark() : "", deadline, seen);
    }
    if (auto wrong = wrong_clock(seen.clock_ahead, "the server")) {
        seen.findings.push_back(*wrong);
    }
    if (seen.findings.empty()) {
        seen.findings.push_back(good(
            dialled.empty() ? "No public addresses to dial."
                            : fmt::format("{} reached from here.",
                                          seen.reached == 1 ? "1 public address is"
                                                            : fmt::format("{} public addresses are", seen.reached))));
    }
    return seen.findings;
}

}  // namespace ferrotunnel::cli::doctor
