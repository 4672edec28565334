// Connects to the backends of a client's services.
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "doctor/limits.hpp"
#include "doctor/machine_checks.hpp"
#include "doctor/place_text.hpp"
#include "doctor/running_client.hpp"
#include "ferrotunnel/control.hpp"

namespace ferrotunnel::cli::doctor {
namespace {

constexpr std::string_view unix_prefix = "unix:";
constexpr std::string_view files_prefix = "files:";

// The services of each backend.
using Backends = std::map<std::string, std::string>;

void add(const std::string& local, const std::string& name, Backends& backends) {
    if (!local.empty() && local != "exit") {
        std::string& names = backends[local];
        names += (names.empty() ? "" : ", ") + name;
    }
}

// Those beyond the limit are not tried. Returns how many these are.
std::size_t leave_out(Backends& backends) {
    std::size_t left_out = 0;
    for (; backends.size() > backends_max; ++left_out) {
        backends.erase(std::prev(backends.end()));
    }
    return left_out;
}

Backends backends_of(const Config::ClientSection& section) {
    Backends backends;
    for (const Tcp& tcp : section.services) {
        add(tcp.enabled ? tcp.local : "", tcp.name, backends);
    }
    for (const Http& http : section.http_services) {
        add(http.enabled && !http.rules.redirect ? http.local : "", http.name, backends);
    }
    for (const Tls& tls : section.tls_services) {
        add(tls.enabled ? tls.local : "", tls.name, backends);
    }
    return backends;
}

// Without a file, those of the running client.
Backends backends_of(const ClientSubject& at) {
    Backends backends = backends_of(at.section);
    if (!at.config && !at.running.empty()) {
        for (const RunningService& one : read_running_services(Control(at.running, control_patience).services())) {
            add(one.local, one.name, backends);
        }
    }
    return backends;
}

std::string dial_unix(const std::string& path) {
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    if (path.size() >= sizeof at.sun_path) {
        return "the path is too long";
    }
    std::memcpy(at.sun_path, path.data(), path.size());
    const Socket socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 && errno != EAGAIN) {
        return std::generic_category().message(errno);
    }
    return {};
}

std::string look_at_folder(const std::string& folder) {
    struct stat status {};
    if (::stat(folder.c_str(), &status) != 0) {
        return std::generic_category().message(errno);
    }
    return S_ISDIR(status.st_mode) ? std::string() : "it is not a folder";
}

std::vector<Address> addresses_of(const BackendPlace& place, Deadline deadline, std::string& why) {
    std::vector<Address> addresses;
    const bool is_here = place.host == "localhost";
    for (const std::string& host :
         is_here ? std::vector<std::string>{"127.0.0.1", "::1"} : std::vector<std::string>{place.host}) {
        const Resolved resolved = resolve(host, place.port, within(name_patience, deadline));
        addresses.insert(addresses.end(), resolved.addresses.begin(), resolved.addresses.end());
        why = resolved.fault.empty() ? why : "the name does not resolve: " + resolved.fault;
    }
    return addresses;
}

// What is wrong with a backend; empty: it answers.
std::string fault_of(const std::string& local, Deadline deadline) {
    if (local.starts_with(unix_prefix)) {
        return dial_unix(local.substr(unix_prefix.size()));
    }
    if (local.starts_with(files_prefix)) {
        return look_at_folder(local.substr(files_prefix.size()));
    }
    std::string why;
    const std::vector<Address> addresses = addresses_of(backend_place(local), deadline, why);
    const std::vector<Dialled> dialled = dial(addresses, within(dial_patience, deadline));
    if (std::ranges::any_of(dialled, [](const Dialled& one) { return !one.error; })) {
        return {};
    }
    return dialled.empty() ? why : dialled.front().error.message();
}

}  // namespace

Findings check_backends(ClientSubject& at, Deadline deadline) {
    Backends backends = backends_of(at);
    const std::size_t left_out = leave_out(backends);
    Findings findings;
    std::vector<std::pair<std::thread, std::shared_ptr<std::string>>> tries;
    for (const auto& [local, names] : backends) {
        auto why = std::make_shared<std::string>();
        tries.emplace_back(std::thread([local = local, deadline, why] { *why = fault_of(local, deadline); }), why);
    }
    std::size_t index = 0;
    for (const auto& [local, names] : backends) {
        auto& [thread, why] = tries[index++];
        thread.join();
        if (!why->empty()) {
            findings.push_back(fault(fmt::format("{}: the backend {} cannot be reached: {}.", names, local, *why),
                                     "Start it, or correct its address (`local`)."));
        }
    }
    if (findings.empty()) {
        findings.push_back(good(backends.empty() ? "No backends are configured here."
                                                 : fmt::format("All backends answer ({}).", backends.size())));
    }
    if (left_out != 0) {
        findings.push_back(skipped(fmt::format("{} more are not tried: at most {} are.", left_out, backends_max)));
    }
    return findings;
}

}  // namespace ferrotunnel::cli::doctor
