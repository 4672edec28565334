// What a server needs: addresses to listen on, names, certificates, a state directory.
#include <fmt/format.h>
#include <ifaddrs.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <set>

#include "doctor/limits.hpp"
#include "doctor/machine_checks.hpp"
#include "doctor/path_checks.hpp"
#include "doctor/place_text.hpp"
#include "doctor/server_checks.hpp"
#include "doctor/service_checks.hpp"
#include "ferrotunnel/detail/server_place.hpp"
#include "ferrotunnel/secret.hpp"
#include "reach.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

using namespace std::chrono_literals;

constexpr std::uint16_t control_port = 7835;
constexpr std::uint16_t https_port = 8443;
constexpr unsigned net_bind_service = 10;  // the capability's number

constexpr const char* grant_low_ports =
    "Run it as root or give it the capability: AmbientCapabilities=CAP_NET_BIND_SERVICE in the unit, or `sudo setcap "
    "cap_net_bind_service=+ep` for the program.";

std::string public_name_of(const ServerSubject& at) {
    return at.section.public_host.empty() ? at.section.domain : at.section.public_host;
}

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
    const std::string http = at.section.http_bind.value_or("off");  // the default is used only if it is free
    const std::string https = at.section.https_bind.value_or(
        at.section.https.has_certificates() ? "0.0.0.0:" + std::to_string(https_port) : "off");
    if (http != "off") {
        all.push_back({"http_bind", http});
    }
    if (https != "off") {
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

bool may_bind(unsigned port) {
    unsigned first = 1'024;
    std::ifstream("/proc/sys/net/ipv4/ip_unprivileged_port_start") >> first;
    if (port >= first) {
        return true;
    }
    std::ifstream lines("/proc/self/status");
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

std::vector<Address> own_addresses() {
    std::vector<Address> own;
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return own;
    }
    for (const ifaddrs* it = list; it != nullptr; it = it->ifa_next) {
        const int family = it->ifa_addr != nullptr ? it->ifa_addr->sa_family : AF_UNSPEC;
        if (family == AF_INET || family == AF_INET6) {
            Address address;
            address.size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
            std::memcpy(&address.storage, it->ifa_addr, address.size);
            own.push_back(address);
        }
    }
    ::freeifaddrs(list);
    return own;
}

std::set<std::string> certificate_files(const ServerSubject& at) {
    std::set<std::string> files;
    for (const Certificate& certificate : at.section.https.certificates) {
        files.insert(certificate.chain);
    }
    if (at.section.https.fallback) {
        files.insert(at.section.https.fallback->chain);
    }
    for (const std::string& folder : at.section.https.folders) {
        std::error_code error;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
            const std::string name = entry.path().filename().string();
            const bool is_certificate = (name.ends_with(".crt") || name.ends_with(".pem")) &&
                                        !name.ends_with("-key.pem") && name != "privkey.pem" && name != "chain.pem" &&
                                        name != "cert.pem";
            if (is_certificate && files.size() < certificates_max) {
                files.insert(entry.path().string());
            }
        }
    }
    if (const std::string own = detail::tls_certificate_file(at.builder()); !own.empty()) {
        files.insert(own);
    }
    return files;
}

std::optional<Finding> judge_certificate(const std::string& file, const CertificateFacts& certificate) {
    const std::time_t now = std::time(nullptr);
    if (certificate.until < now) {
        return fault(fmt::format("{}: the certificate expired on {}.", file, date_of(certificate.until)), "Renew it.");
    }
    if (certificate.from > now) {
        return fault(fmt::format("{}: the certificate is valid only from {}.", file, date_of(certificate.from)),
                     "This machine's clock is wrong, or the certificate is for later.");
    }
    if (certificate.days_left(now) < expiry_warning_days) {
        return warning(fmt::format("{}: the certificate expires on {}, in {} days.", file, date_of(certificate.until),
                                   certificate.days_left(now)),
                       "Renew it; the server reads the new file by itself.");
    }
    return std::nullopt;
}

// The key that clients of this server see; empty if it is not there yet.
std::string own_pin(const ServerSubject& at) {
    std::string file = detail::tls_certificate_file(at.builder());
    if (file.empty()) {
        file = at.state_dir + "/server-identity.pem";
    }
    std::string why;
    const auto certificate = read_certificate(file, why);
    return certificate ? certificate->pin : std::string();
}

Finding visit_running(const ServerSubject& at, const Dialled& dialled, const std::string& place, Deadline deadline) {
    if (!at.section.tls) {
        return good(fmt::format("{} is reached from here.", place));
    }
    TlsProbe probe;
    const TlsProbe::Outcome outcome = probe.shake_hands(dialled.socket.get(), {public_name_of(at), "ferrotunnel/1", ""},
                                                        within(handshake_patience, deadline));
    const std::string own = own_pin(at);
    if (!outcome.certificate || (!own.empty() && !has_pin(*outcome.certificate, own))) {
        return warning(fmt::format("{} accepts connections, but not as this server ({}).", place,
                                   outcome.certificate ? "its key is " + outcome.certificate->pin : outcome.fault),
                       "Check the port forwarding and the name: they lead to another program or machine.");
    }
    return good(fmt::format("{} is reached from here, and is this server.", place));
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
        const Resolved resolved = resolve(host, port_in(listener.bind, control_port), within(name_patience, deadline));
        std::error_code error = std::make_error_code(std::errc::address_not_available);
        if (!resolved.addresses.empty()) {
            error.clear();
            (void)listen_at(resolved.addresses.front(), error);
        }
        if (error && !(error == std::errc::address_in_use && !at.running.empty())) {
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
    if (lowest == 0 || may_bind(lowest)) {
        return {good("The allowed public ports can be opened.")};
    }
    return {fault(fmt::format("Port {} is allowed, but this user may not open ports below 1024.", lowest),
                  grant_low_ports)};
}

Findings check_public_name(ServerSubject& at, Deadline deadline) {
    const std::string name = public_name_of(at);
    if (name.empty()) {
        return {good("No public name is configured: clients use the address that they connect to.")};
    }
    Resolved resolved = resolve(name, port_in(at.section.bind, control_port), within(name_patience, deadline));
    if (!resolved.fault.empty()) {
        return {fault(fmt::format("The name {} does not resolve: {}.", name, resolved.fault),
                      "Add an A or AAAA record with this server's public address.")};
    }
    at.addresses = std::move(resolved.addresses);
    if (!have_common(at.addresses, own_addresses())) {
        return {
            note(fmt::format("{} is {}, which is no address of this machine's interfaces: a NAT or proxy must "
                             "forward it.",
                             name, list_of(at.addresses)))};
    }
    return {good(fmt::format("{} is {}, an address of this machine.", name, list_of(at.addresses)))};
}

Findings check_wildcard(ServerSubject& at, Deadline deadline) {
    if (at.section.domain.empty()) {
        return {good("No domain is configured, so no wildcard record is needed.")};
    }
    const std::string pattern = "*." + at.section.domain;
    const Resolved resolved =
        resolve(example_of(pattern, "doctor-" + std::to_string(::getpid())), 0, within(name_patience, deadline));
    const std::string addresses = at.addresses.empty() ? "its public address" : list_of(at.addresses);
    if (!resolved.fault.empty()) {
        return {fault(fmt::format("Names below {} do not resolve: {}.", at.section.domain, resolved.fault),
                      fmt::format("Add a wildcard record: {} with this server's address ({}).", pattern, addresses))};
    }
    if (!at.addresses.empty() && !have_common(resolved.addresses, at.addresses)) {
        return {warning(
            fmt::format("Names below {} lead to {} and not to this server ({}).", at.section.domain,
                        list_of(resolved.addresses), addresses),
            fmt::format("Correct the record of {}, unless a proxy in front forwards to this server.", pattern))};
    }
    return {good(fmt::format("Names below {} lead to {}.", at.section.domain, list_of(resolved.addresses)))};
}

Findings check_own_public(ServerSubject& at, Deadline deadline) {
    if (at.addresses.empty()) {
        return {good("No public name to dial.")};
    }
    Socket listener;
    if (at.running.empty()) {  // the doctor listens for the moment
        const EndpointParts parts = parts_of(at.section.bind);
        const Resolved own = resolve(parts.host.empty() ? "0.0.0.0" : parts.host,
                                     port_in(at.section.bind, control_port), within(name_patience, deadline));
        std::error_code error;
        if (!own.addresses.empty()) {
            listener = listen_at(own.addresses.front(), error);
        }
    }
    std::vector<Dialled> dialled = dial(at.addresses, within(dial_patience, deadline));
    const std::string place = public_name_of(at) + ':' + std::to_string(port_in(at.section.bind, control_port));
    for (const Dialled& one : dialled) {
        if (one.error) {
            continue;
        }
        if (!at.running.empty()) {
            return {visit_running(at, one, place, deadline)};
        }
        if (listener && wait_for(listener.get(), POLLIN, within(1s, deadline))) {
            return {good(fmt::format("{} is reached from here.", place))};
        }
        return {warning(fmt::format("{} accepts connections, but they do not reach this machine.", place),
                        "Check the port forwarding and the name: they lead to another machine.")};
    }
    return {warning(fmt::format("{} cannot be reached from here: {}.", place, dialled.front().error.message()),
                    "Check the firewall and port forwarding. Some routers do not lead a machine back to its own public "
                    "address; then try from elsewhere.")};
}

Findings check_certificates(ServerSubject& at, Deadline) {
    const std::set<std::string> files = certificate_files(at);
    Findings findings;
    for (const std::string& file : files) {
        std::string why;
        const auto certificate = read_certificate(file, why);
        if (!certificate) {
            findings.push_back(fault(fmt::format("{}: no certificate can be read: {}.", file, why),
                                     "Correct the path, or let the server's user read it."));
        } else if (auto finding = judge_certificate(file, *certificate)) {
            findings.push_back(*finding);
        }
    }
    if (findings.empty()) {
        findings.push_back(good(files.empty() ? "No certificates are configured."
                                              : fmt::format("All certificates are valid ({}).", files.size())));
    }
    return findings;
}

Findings check_state(ServerSubject& at, Deadline) {
    if (at.state_dir.empty()) {
        return {fault("There is no state directory: neither --state-dir nor $HOME is set.", "Set --state-dir.")};
    }
    std::filesystem::path path = at.state_dir;
    std::error_code ignored;
    while (!std::filesystem::exists(path, ignored) && path.has_relative_path()) {
        path = path.parent_path();
    }
    if (!std::filesystem::is_directory(path, ignored) || ::access(path.c_str(), W_OK | X_OK) != 0) {
        const int code = std::filesystem::is_directory(path, ignored) ? errno : ENOTDIR;
        return {fault(fmt::format("The state directory {} is not writable: {}: {}.", at.state_dir, path.string(),
                                  std::generic_category().message(code)),
                      "Let the server's user write it, or set another one with --state-dir.")};
    }
    return {good(fmt::format("The state directory {} is writable.", at.state_dir))};
}

Findings check_server_clock(ServerSubject&, Deadline) {
    Findings findings = clock_by_itself();
    if (findings.empty()) {
        findings.push_back(good("Nothing shows that the clock is wrong."));
    }
    return findings;
}

}  // namespace ferrotunnel::cli::doctor
