// Reading a service of a client in a configuration file: its keys, the names and ports of earlier services, and the
// server of the same file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "login/port_policy.hpp"
#include "settings/backend.hpp"
#include "settings/exits.hpp"
#include "settings/file.hpp"
#include "settings/group.hpp"
#include "settings/health.hpp"
#include "settings/section_reader.hpp"
#include "settings/service.hpp"
#include "settings/service_plugins.hpp"
#include "settings/service_rules.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {

/// The file's server, if it is the one that the file's client connects to: finds services that it would refuse, before
/// either starts.
class OwnServer {
public:
    /// Returns nothing if the client connects elsewhere, or if that is unknown, for instance because the system chooses
    /// the server's port.
    static std::optional<OwnServer> of(const std::optional<ServerPart>& server, const ClientValues& client);

    /// The reason why the server would refuse this; empty if it would not.
    std::optional<std::string> refusal_of_port(std::uint16_t port) const;
    std::optional<std::string> refusal_of_http(bool wants_a_name) const;
    std::optional<std::string> refusal_of_tls() const;

private:
    explicit OwnServer(const ServerPart& part) : part_(part) {}

    ServerPart part_;
    login::PortPolicy ports_;
};

/// Names, public ports and hosts of earlier services, with their lines, and their server, if it is in the same file.
struct ClaimedNames {
    using Ports = std::map<std::uint16_t, config::Place>;

    const ConfigReading& reading;
    std::optional<OwnServer> server;
    std::map<std::string, config::Place> names;
    Ports ports;
    Ports udp_ports;
    std::map<std::pair<std::string, std::string>, config::Place> hosts;  // host, and path in the server's form

    std::string first_one(const config::Place& first, const config::Value& second) const {
        const std::string line = std::to_string(first.line);
        return "; the first one is in " +
               (first.file == second.place().file ? "line " + line : reading.text_at(first).name + ':' + line);
    }
};

/// The keys of one service; a key that is missing is empty.
struct ServiceKeys {
    explicit ServiceKeys(config::Section& service)
        : tcp(service.find("tcp")),
          udp(service.find("udp")),
          both(service.find("tcp+udp")),
          http(service.find("http")),
          tls(service.find("tls")),
          path(service.find("path")),
          local(service.find("local")),
          name(service.find("name")),
          idle(service.find("idle")),
          bind(service.find("bind")),
          plugins(service.find("plugins")),
          group(service),
          health(service.find("health")),
          enabled(service.find("enabled")),
          key(service.find("key")),
          token(service.find("token")),
          backend(service),
          exit(service) {}

    std::size_t kinds() const noexcept {
        return std::size_t{tcp.has_value()} + std::size_t{udp.has_value()} + std::size_t{both.has_value()} +
               std::size_t{http.has_value()} + std::size_t{tls.has_value()};
    }

    std::optional<config::Value> tcp;
    std::optional<config::Value> udp;
    std::optional<config::Value> both;
    std::optional<config::Value> http;
    std::optional<config::Value> tls;
    std::optional<config::Value> path;
    std::optional<config::Value> local;
    std::optional<config::Value> name;
    std::optional<config::Value> idle;
    std::optional<config::Value> bind;
    std::optional<config::Value> plugins;
    GroupKeys group;
    std::optional<config::Value> health;
    std::optional<config::Value> enabled;
    std::optional<config::Value> key;
    std::optional<config::Value> token;
    BackendKeys backend;
    ExitKeys exit;
    RuleKeys rules;
};

/// "22" and ":22" are port 22 of `localhost`, as on the command line.
std::string with_host(const std::string& local);

/// Whether `local` is missing: only a redirecting service needs none.
bool is_local_missing(const ServiceKeys& keys);

/// False if an earlier service has this name, which was reported.
bool is_new_name(const std::string& name, const config::Value& place, ClaimedNames& taken);

/// Reports a refusal by the file's own server, at the key that it is about.
bool is_allowed(const config::Value& place, const std::optional<std::string>& refusal);

/// Checks the backend of a service of any kind.
template <typename Service>
void check_backend_of(Service& service, bool application_serves, const char* example, std::vector<Problem>& problems) {
    const BackendSpec words = backend_spec(service);
    if (application_serves) {
        check_no_backend(words, problems);
    } else {
        check_backend(words, example, problems);
    }
}

/// Reports the problems found by check_service, each at its key. False if there are problems.
template <typename Description>
bool is_good(Description& service, const config::Value& local, const std::optional<config::Value>& name) {
    std::vector<Problem> problems;
    check_service(service, false, problems);
    for (const Problem& problem : problems) {
        (problem.key == "name" && name ? *name : local).problem(problem.text);
    }
    return problems.empty();
}

/// Reads the plugins that the service requests. False if one is invalid, which was reported.
template <typename Description>
bool read_plugins_key(const ServiceKeys& keys, ConfigReading& reading, Description& service) {
    if (!keys.plugins) {
        return true;
    }
    const bool good = read_service_plugins(*keys.plugins, service.plugins);
    const std::vector<config::Value> items = good ? keys.plugins->items() : std::vector<config::Value>();
    for (std::size_t i = 0; i < items.size(); ++i) {
        reading.file.plugin_places.emplace(key_of(service.plugins[i]), items[i].place());
    }
    return good;
}

/// Reads the health check. False if it is invalid, which was reported.
template <typename Description>
bool read_health_key(const ServiceKeys& keys, Description& service) {
    return !keys.health || read_health(*keys.health, service.health);
}

/// Reads whether the service is offered. False if the value is invalid, which was reported.
template <typename Description>
bool read_enabled_key(const ServiceKeys& keys, const ConfigReading& reading, Description& service) {
    const auto enabled = keys.enabled ? keys.enabled->boolean() : std::optional(true);
    service.enabled = enabled.value_or(true);
    service.disabled_by = service.enabled ? "" : reading.text_at(keys.enabled->place()).name;
    return enabled.has_value();
}

/// Reads the service's own token. False if it is invalid, which was reported.
template <typename Description>
bool read_token_key(const ServiceKeys& keys, ConfigReading& reading, Description& service) {
    return !keys.token || read_visit_key(*keys.token, reading, service.token);
}

// Each adds a service to the client's part, or reports its problems.
void add_tcp(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part);
void add_udp(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part);
/// Adds two services with one port number: all keys apply to both, so they must be valid for a UDP service.
void add_both(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part);
void add_http(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part);
void add_tls(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part);

}  // namespace ferrotunnel::detail
