// What `ferrotunnel doctor` examines, and what its checks learn for later ones.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doctor/run_checks.hpp"
#include "doctor/socket.hpp"
#include "doctor/tls_probe.hpp"
#include "ferrotunnel/client.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/detail/server_place.hpp"
#include "ferrotunnel/server.hpp"

namespace ferrotunnel::cli::doctor {

class Answerer;

/// A service that was registered, or that a running client has: what its visitors use.
struct PublicService {
    std::string name;
    std::string endpoint;            // as Service::endpoint
    std::vector<std::string> hosts;  // of HTTP and TLS, without patterns
    std::string path;                // HTTP: that reaches the doctor; empty: a running client has the service
    bool has_plugins = false;        // which may answer in its place
    bool is_pattern = false;         // `hosts` has examples of patterns, which need not all have a record
    bool is_assigned = false;        // the server chose the host, so only an address of its own is dialled
};

/// The client's side. The first part is set before the checks; each check changes only what its comment names, and is
/// waited for by those that read it.
struct ClientSubject {
    detail::ServerPlace place;
    std::function<Client::Builder()> builder;  // a new one each time, with all settings
    Config::ClientSection section;             // services; empty without a file
    std::shared_ptr<const Config> config;      // null without a file
    std::string control = "default";           // the client's control socket

    std::vector<Address> addresses{};               // name: of the server
    Dialled connection{};                           // port, proxy: to the server, direct or through the proxy
    std::vector<Dialled> attempts{};                // port: one for each address
    std::optional<CertificateFacts> certificate{};  // tls
    std::string running{};                          // instance: control socket of the running client
    long running_pid = 0;                           // instance
    std::shared_ptr<Client> client{};               // login
    std::vector<PublicService> services{};          // services
    std::vector<std::string> refused_plugins{};     // services: names of services that are refused for a plugin
    std::shared_ptr<Answerer> answerer{};           // services: the backend of those that it registered
    std::optional<long> proxy_clock{};              // proxy: seconds by which this machine is ahead of the proxy
};

/// The server's side.
struct ServerSubject {
    std::function<Server::Builder()> builder;
    Config::ServerSection section;
    std::string state_dir;
    std::string state_problem{};  // why the server cannot use it; empty: nothing is known yet
    std::string control = "default";

    std::string running{};             // instance: control socket of the running server
    long running_pid = 0;              // instance
    std::vector<Address> addresses{};  // name: of its public name
};

std::vector<Check> client_checks(std::shared_ptr<ClientSubject> subject);
/// Of one more server of the same client: the way to it, and the login. `side`: its name in the report.
std::vector<Check> other_server_checks(std::shared_ptr<ClientSubject> subject, std::string side);
std::vector<Check> server_checks(std::shared_ptr<ServerSubject> subject);
/// Of a running server whose settings are not known: what it reports itself, and its machine. Needs only `control`.
std::vector<Check> running_server_checks(std::shared_ptr<ServerSubject> subject);

/// A check of the table, for either kind of subject.
template <typename Subject>
struct CheckRow {
    const char* name;
    Findings (*run)(Subject& subject, Deadline deadline);
    std::vector<std::string> needs{};
    std::vector<std::string> after{};
};

template <typename Subject, std::size_t count>
std::vector<Check> checks_of(const std::string& side, const CheckRow<Subject> (&rows)[count],
                             const std::shared_ptr<Subject>& subject) {
    std::vector<Check> checks;
    for (const CheckRow<Subject>& row : rows) {
        checks.push_back({side, row.name, row.needs, row.after,
                          [subject, run = row.run](Deadline deadline) { return run(*subject, deadline); }});
    }
    return checks;
}

/// The server as "host:port", with brackets around an IPv6 address.
inline std::string text_of(const detail::ServerPlace& place) {
    const bool is_six = place.host.find(':') != std::string::npos;
    return (is_six ? '[' + place.host + ']' : place.host) + ':' + std::to_string(place.port);
}

}  // namespace ferrotunnel::cli::doctor
