// What a server needs: addresses to listen on, names, certificates, a state directory.
#include <fmt/format.h>
#include <ifaddrs.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <set>

#include "doctor/limits.hpp"
#include "doctor/path_checks.hpp"
#include "doctor/place_text.hpp"
#include "doctor/server_checks.hpp"
#include "doctor/service_checks.hpp"
#include "ferrotunnel/detail/server_place.hpp"
#include "ferrotunnel/secret.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

using namespace std::chrono_literals;

std::string public_name_of(const ServerSubject& at) {
    return at.section.public_host.empty() ? at.section.domain : at.section.public_host;
}

std::uint16_t control_port_of(const ServerSubject& at) {
    const std::uint16_t port = parts_of(at.section.bind).port;
    return port == 0 ? usual_control_port : port;
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

// Adds the certificates of a folder. Other files there that end alike are not certificates.
void add_folder(const std::string& folder, std::set<std::string>& files) {
    constexpr auto options = std::filesystem::directory_options::skip_permission_denied;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, options, error)) {
        const std::string path = entry.path().string();
        std::string why;
        if ((path.ends_with(".crt") || path.ends_with(".pem")) && files.size() < certificates_max &&
            (::access(path.c_str(), R_OK) != 0 || read_certificate(path, why))) {
            files.insert(path);
        }
    }
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
        add_folder(folder, files);
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

Findings check_public_name(ServerSubject& at, Deadline deadline) {
    const std::string name = public_name_of(at);
    if (name.empty()) {
        return {good("No public name is configured: clients use the address that they connect to.")};
    }
    Resolved resolved =
        resolve(is_local_name(name) ? "localhost" : name, control_port_of(at), within(name_patience, deadline));
    if (!resolved.fault.empty()) {
        return {fault(fmt::format("The name {} does not resolve: {}.", name, resolved.fault),
                      remedy_for_name(resolved, "Add an A or AAAA record with this server's public address."))};
    }
    at.addresses = std::move(resolved.addresses);
    if (!have_common(at.addresses, own_addresses())) {
        return {
            note(fmt::format("{} is {}, and no interface of this machine has that address: a NAT or proxy must "
                             "forward it.",
                             name, list_of(at.addresses)))};
    }
    return {good(fmt::format("{} is {}, an address of this machine.", name, list_of(at.addresses)))};
}

Findings check_wildcard(ServerSubject& at, Deadline deadline) {
    if (at.section.domain.empty()) {
        return {good("No domain is configured, so no wildcard record is needed.")};
    }
    if (is_local_name(at.section.domain)) {
        return {
            note(fmt::format("Names below {} are only for visitors on this machine: browsers and curl know them "
                             "without a record.",
                             at.section.domain))};
    }
    const std::string pattern = "*." + at.section.domain;
    const Resolved resolved =
        resolve(example_of(pattern, "doctor-" + std::to_string(::getpid())), 0, within(name_patience, deadline));
    const std::string addresses = at.addresses.empty() ? "its public address" : list_of(at.addresses);
    if (!resolved.fault.empty()) {
        return {
            fault(fmt::format("Names below {} do not resolve: {}.", at.section.domain, resolved.fault),
                  remedy_for_name(resolved, fmt::format("Add a wildcard record: {} with this server's address ({}).",
                                                        pattern, addresses)))};
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
        const Resolved own =
            resolve(parts.host.empty() ? "0.0.0.0" : parts.host, control_port_of(at), within(name_patience, deadline));
        std::error_code error;
        if (!own.addresses.empty()) {
            listener = listen_at(own.addresses.front(), error);
        }
    }
    std::vector<Dialled> dialled = dial(at.addresses, within(dial_patience, deadline));
    const std::string place = public_name_of(at) + ':' + std::to_string(control_port_of(at));
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
    constexpr const char* remedy = "Let the server's user write it, or set another one with --state-dir.";
    if (!at.state_problem.empty()) {
        return {fault(as_sentence("The state directory cannot be used: " + at.state_problem), remedy)};
    }
    std::filesystem::path path = at.state_dir;
    std::error_code ignored;
    while (!std::filesystem::exists(path, ignored) && path.has_relative_path()) {
        path = path.parent_path();
    }
    const bool is_folder = std::filesystem::is_directory(path, ignored);
    if (!is_folder || ::access(path.c_str(), W_OK | X_OK) != 0) {
        const int code = is_folder ? errno : ENOTDIR;
        return {fault(fmt::format("The state directory {} is not writable: {}: {}.", at.state_dir, path.string(),
                                  std::generic_category().message(code)),
                      remedy)};
    }
    return {good(fmt::format("The state directory {} is writable.", at.state_dir))};
}

Findings check_no_settings(ServerSubject&, Deadline) {
    return {note(
        "Addresses, names, certificates and the state directory are not examined: they need the server's settings. "
        "Write its options to a file (`ferrotunnel init server` makes one), and examine that.")};
}

Findings check_server_clock(ServerSubject&, Deadline) {
    Findings findings = clock_by_itself();
    if (findings.empty()) {
        findings.push_back(good("Nothing shows that the clock is wrong."));
    }
    return findings;
}

}  // namespace ferrotunnel::cli::doctor
