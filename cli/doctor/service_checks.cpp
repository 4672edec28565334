#include "doctor/service_checks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <variant>

#include "doctor/answerer.hpp"
#include "doctor/client_plugins.hpp"
#include "doctor/limits.hpp"
#include "doctor/path_checks.hpp"
#include "doctor/place_text.hpp"
#include "doctor/report.hpp"
#include "ferrotunnel/control.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

using namespace std::chrono_literals;

using Wanted = std::variant<Tcp, Http, Tls>;

struct Probe {
    Wanted wanted;
    PublicService shown;
    Service service{};
};

std::string random_word() {
    std::string word(Secret::generate().reveal().substr(4, 12));
    std::ranges::transform(word, word.begin(), [](unsigned char c) {
        return c == '_' || c == '-' ? 'x' : static_cast<char>(std::tolower(c));
    });
    return word;
}

// The service as it is requested: with the doctor's backend, and without what concerns only the real one. Its group is
// left out, since a member would get visitors of the others.
Http bare(const Http& http, const std::string& local, const std::string& path) {
    Http made(http.host, local, http.name);
    made.aliases = http.aliases;
    made.path = "= " + path;
    made.limits = http.limits;
    made.plugins = http.plugins;
    made.token = http.token;
    return made;
}

Tcp bare(const Tcp& tcp, const std::string& local) {
    Tcp made(tcp.remote_port, local, tcp.name);
    made.plugins = tcp.plugins;
    made.token = tcp.token;
    return made;
}

std::vector<std::string> hosts_of(const std::string& host, const std::vector<std::string>& aliases) {
    std::vector<std::string> hosts;
    for (std::size_t i = 0; i <= aliases.size(); ++i) {
        std::string example = example_of(i == 0 ? host : aliases[i - 1], random_word());
        if (!example.empty()) {
            hosts.push_back(std::move(example));
        }
    }
    return hosts;
}

bool has_pattern(const std::string& host, const std::vector<std::string>& aliases) {
    const auto is_pattern = [](const std::string& one) { return one.find('*') != std::string::npos; };
    return is_pattern(host) || std::ranges::any_of(aliases, is_pattern);
}

// What can be requested. TLS services and ports with a bind address are left out: their claims cannot be made without
// taking them from a client that is only silent at the moment.
std::vector<Probe> probes_of(const ClientSubject& at, const std::string& local, Findings& findings) {
    std::vector<Probe> probes;
    const auto is_public_udp = [](const Udp& udp) { return udp.enabled && !udp.is_private; };
    std::size_t left_out = static_cast<std::size_t>(std::ranges::count_if(at.section.udp_services, is_public_udp)) +
                           static_cast<std::size_t>(std::ranges::count(at.section.tls_services, true, &Tls::enabled));
    std::size_t beyond = 0;  // the limit
    for (const Http& http : at.section.http_services) {
        if (http.enabled && probes.size() < services_max) {
            const std::string path = "/.ferrotunnel-doctor-" + random_word();
            probes.push_back({bare(http, local, path),
                              {http.name,
                               {},
                               hosts_of(http.host, http.aliases),
                               path,
                               !http.plugins.empty(),
                               has_pattern(http.host, http.aliases)}});
        } else {
            beyond += http.enabled ? 1U : 0U;
        }
    }
    for (const Tcp& tcp : at.section.services) {
        const bool can_dial = tcp.bind.empty() && (tcp.remote_port == 0 || at.place.proxy.empty());
        if (!tcp.enabled || tcp.is_private) {
            continue;
        }
        if (can_dial && probes.size() < services_max) {
            probes.push_back({bare(tcp, local), {tcp.name, {}, {}, "/", !tcp.plugins.empty()}});
        } else {
            (can_dial ? beyond : left_out) += 1;
        }
    }
    if (beyond != 0) {
        findings.push_back(skipped(fmt::format("{} more are not requested: at most {} are.", beyond, services_max)));
    }
    if (left_out != 0) {
        findings.push_back(
            skipped(fmt::format("{} of the services cannot be requested without risk for a running "
                                "client.",
                                left_out)));
    }
    return probes;
}

// Removes the probes of fixed ports that something else has, or that a firewall hides.
void keep_free_ports(const ClientSubject& at, std::vector<Probe>& probes, Deadline deadline, Findings& findings) {
    std::vector<Address> addresses;
    for (const Probe& probe : probes) {
        const Tcp* const tcp = std::get_if<Tcp>(&probe.wanted);
        if (tcp != nullptr && tcp->remote_port != 0) {
            addresses.push_back(at.connection.at);
            addresses.back().set_port(tcp->remote_port);
        }
    }
    const std::vector<Dialled> dialled = dial(addresses, within(dial_patience, deadline));
    std::erase_if(probes, [&](const Probe& probe) {
        const Tcp* const tcp = std::get_if<Tcp>(&probe.wanted);
        const auto found = std::ranges::find_if(
            dialled, [&](const Dialled& one) { return tcp != nullptr && one.at.port() == tcp->remote_port; });
        if (found == dialled.end() || found->error == std::errc::connection_refused) {
            return false;
        }
        if (!found->error) {
            findings.push_back(
                note(fmt::format("{}: port {} of the server accepts connections already: another client or "
                                 "program has it, or had it a few seconds ago.",
                                 probe.shown.name, tcp->remote_port)));
        } else {
            findings.push_back(warning(fmt::format("{}: {} does not answer: connections to this port are dropped.",
                                                   probe.shown.name, found->at.text()),
                                       "Open the port in the firewall of the server's machine and of its provider. If "
                                       "only this network blocks "
                                       "it, visitors elsewhere are not affected."));
        }
        return true;
    });
}

std::string remedy_for_refusal(const std::error_code& error, const std::string& why) {
    if (error == errc::forbidden && is_about_plugin(why)) {
        return "On the server: install the plugin, or name it in `plugins.clients`; `ferrotunnel doctor` there shows "
               "which are found.";
    }
    if (error == errc::port_forbidden) {
        return "On the server: `allow_ports`, or `ports` of the token.";
    }
    if (error == errc::forbidden) {
        return "On the server: `hosts` or `kinds` of the token; `ferrotunnel tokens` lists them.";
    }
    if (error == errc::port_taken || error == errc::name_taken) {
        return "End the other client, or choose another port or host.";
    }
    return "See the server's log.";
}

// Requests the services, and keeps those that the server registered.
Findings request(ClientSubject& at, std::vector<Probe>& probes, Deadline deadline) {
    for (Probe& probe : probes) {
        probe.service = std::visit([&](const auto& wanted) { return at.client->add(wanted); }, probe.wanted);
    }
    const Deadline end = within(registration_patience, deadline);
    const auto is_open = [](const Probe& probe) { return probe.service.state() == Service::State::pending; };
    while (std::ranges::any_of(probes, is_open) && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(10ms);
    }
    Findings findings;
    for (Probe& probe : probes) {
        if (probe.service.state() == Service::State::registered) {
            probe.shown.endpoint = probe.service.endpoint();
            probe.shown.is_assigned = probe.shown.hosts.empty();
            if (const Http* const http = std::get_if<Http>(&probe.wanted); http != nullptr && http->host.empty()) {
                probe.shown.hosts = {parts_of(probe.shown.endpoint).host};
                probe.shown.is_assigned = true;
            }
            at.services.push_back(probe.shown);
            continue;
        }
        const std::string why = probe.service.error_text();
        if (is_about_plugin(why)) {
            at.refused_plugins.push_back(probe.shown.name);
        }
        findings.push_back(fault(fmt::format("{}: {}", probe.shown.name, why.empty() ? "No answer in time." : why),
                                 remedy_for_refusal(probe.service.error(), why)));
    }
    return findings;
}

bool is_configured(const ClientSubject& at, const std::string& host) {
    const auto has_host = [&host](const auto& service) {
        return service.host == host || std::ranges::find(service.aliases, host) != service.aliases.end();
    };
    return std::ranges::any_of(at.section.http_services, has_host) ||
           std::ranges::any_of(at.section.tls_services, has_host);
}

// The services of the running client, from its control socket.
Findings ask_running(ClientSubject& at) {
    const auto status = nlohmann::json::parse(Control(at.running, control_patience).services());
    Findings findings;
    for (const nlohmann::json& one : status.at("services")) {
        PublicService service{one.value("name", ""), one.value("endpoint", ""), {}, {}, false};
        const std::string state = one.value("state", "");
        if (state == "refused") {
            const std::string why = one.value("why", "It is refused.");
            if (is_about_plugin(why)) {
                at.refused_plugins.push_back(service.name);
            }
            findings.push_back(
                fault(fmt::format("{}: {}", service.name, why), "See `ferrotunnel status` and the server's log."));
        } else if (state == "registered" && at.services.size() < services_max) {
            const EndpointParts parts = parts_of(service.endpoint);
            service.is_assigned = !is_configured(at, parts.host);
            if (parts.scheme.starts_with("http") || one.value("kind", "") == "tls") {
                service.hosts = hosts_of(parts.host, {});
                service.is_pattern = has_pattern(parts.host, {});
            }
            if (parts.port != 0 && one.value("kind", "") != "udp") {
                at.services.push_back(std::move(service));
            }
        }
    }
    return findings;
}

std::string add_record(const std::string& host, const ClientSubject& at) {
    return fmt::format(
        "Add a record for it, or a wildcard record for its domain (*{}), with the server's address ({}).",
        host.find('.') == std::string::npos ? "" : host.substr(host.find('.')), list_of(at.addresses));
}

}  // namespace

bool have_common(const std::vector<Address>& some, const std::vector<Address>& others) {
    return std::ranges::any_of(some, [&](const Address& one) {
        return std::ranges::any_of(others, [&](const Address& other) { return one.ip() == other.ip(); });
    });
}

Findings check_services(ClientSubject& at, Deadline deadline) {
    if (!at.running.empty()) {
        Findings findings = ask_running(at);
        if (findings.empty()) {
            findings.push_back(
                good(fmt::format("The running client has {}.", counted(at.services.size(), "public service"))));
        }
        return findings;
    }
    if (!at.client) {
        return {skipped("Not tried without a login.")};
    }
    Findings findings;
    at.answerer = std::make_shared<Answerer>(
        "ferrotunnel doctor " + std::string(Secret::generate().reveal().substr(4, 16)));  // no other program has it
    std::vector<Probe> probes = probes_of(at, at.answerer->local(), findings);
    keep_free_ports(at, probes, deadline, findings);
    const Findings refused = request(at, probes, deadline);
    findings.insert(findings.end(), refused.begin(), refused.end());
    if (refused.empty() && !at.services.empty()) {
        findings.insert(findings.begin(),
                        good(fmt::format("The server accepts {} of the configured services.", at.services.size())));
    }
    if (findings.empty()) {
        findings.push_back(good("No public services are configured here."));
    }
    for (const Tls& tls : at.section.tls_services) {  // for their names
        if (tls.enabled) {
            at.services.push_back(
                {tls.name, {}, hosts_of(tls.host, tls.aliases), {}, false, has_pattern(tls.host, tls.aliases)});
        }
    }
    return findings;
}

Findings check_names(ClientSubject& at, Deadline deadline) {
    Findings findings;
    std::set<std::string> seen;
    std::set<std::string> local;
    for (const PublicService& service : at.services) {
        for (const std::string& host : service.hosts) {
            if (is_local_name(host)) {
                local.insert(host);
                continue;
            }
            if (!seen.insert(host).second) {
                continue;
            }
            if (std::chrono::steady_clock::now() >= deadline) {
                findings.push_back(skipped("Other names were not resolved: the time was over."));
                return findings;
            }
            const Resolved resolved = resolve(host, 0, within(dial_patience, deadline));
            if (!resolved.fault.empty()) {
                const std::string what =
                    fmt::format("{}: the name {} does not resolve: {}.", service.name, host, resolved.fault);
                const std::string remedy = remedy_for_name(resolved, add_record(host, at));
                findings.push_back(service.is_pattern ? warning(what, remedy) : fault(what, remedy));
            } else if (at.place.proxy.empty() && !have_common(resolved.addresses, at.addresses)) {
                findings.push_back(
                    warning(fmt::format("{}: the name {} leads to {} and not to the server ({}).", service.name, host,
                                        list_of(resolved.addresses), list_of(at.addresses)),
                            "Correct its record, unless a proxy or CDN in front forwards to the server."));
            }
        }
    }
    if (!local.empty()) {
        findings.push_back(
            note(fmt::format("{} {} only for visitors on the server's machine: browsers and curl know names below "
                             "localhost without a record.",
                             fmt::join(local, ", "), local.size() == 1 ? "is" : "are")));
    } else if (findings.empty()) {
        findings.push_back(good(seen.empty()
                                    ? "No names to resolve."
                                    : fmt::format("{} of the services' names lead to the server.", seen.size())));
    }
    return findings;
}

}  // namespace ferrotunnel::cli::doctor
