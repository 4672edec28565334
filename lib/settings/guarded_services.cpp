#include "settings/guarded_services.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "base/text.hpp"
#include "http/host_pattern.hpp"
#include "settings/rights.hpp"
#include "settings/section_reader.hpp"
#include "settings/visits.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Value;

constexpr SettingFacts of_guarded_service[] = {
    {.key = "name",
     .type = "name",
     .help = "Name of the service, as its client calls it. Also matches the services of a port range, and the UDP "
             "service of `tcp+udp`.",
     .is_required = true},
    {.key = "token",
     .type = "token",
     .help = "Token that the service's client must prove, as `token` of the service. `ferrotunnel token` makes one.",
     .is_required = true},
    {.key = "also",
     .type = "token",
     .help = "A second token that is also accepted, while clients change from one to the other."},
    {.key = "ports",
     .form = Form::words,
     .fault = guarded_port_fault,
     .type = "port or range, or a list",
     .help = "Public ports that require the token too, whatever the service's name; at most 256 ranges."},
    {.key = "hosts",
     .form = Form::words,
     .fault = right_host_fault,
     .type = "host or pattern, or a list",
     .help =
         "Hosts that require the token too, at most 256. It is also required for hosts below such a pattern, and for "
         "patterns that include such a host."},
};

constexpr const char* list_setting = "guarded_services";

std::optional<std::string> ports_fault(const std::vector<std::string>& ports) {
    if (auto too_many = right_list_fault(ports)) {
        return too_many;
    }
    for (const std::string& port : ports) {
        if (auto wrong = guarded_port_fault(port)) {
            return wrong;
        }
    }
    return std::nullopt;
}

std::optional<std::string> hosts_fault(const std::vector<std::string>& hosts) {
    if (auto too_many = right_list_fault(hosts)) {
        return too_many;
    }
    for (const std::string& host : hosts) {
        if (auto wrong = right_host_fault(host)) {
            return wrong;
        }
    }
    return std::nullopt;
}

directory::GuardedService engine_service(const GuardedService& service) {
    directory::GuardedService engine;
    engine.name = service.name;
    for (const std::string& text : service.ports) {
        const login::PortPolicy one = login::PortPolicy::parse(text).value();
        engine.ports.insert(engine.ports.end(), one.ranges().begin(), one.ranges().end());
    }
    for (const std::string& text : service.hosts) {
        engine.hosts.push_back(http::parse_host_pattern(text).value().text());
    }
    for (const ServiceToken& token : {service.token, service.also}) {
        if (!token.empty()) {
            engine.keys.emplace_back(Bytes(token.bytes()));
        }
    }
    return engine;
}

// Reads words, and reports invalid ones. False if there are too many.
bool read_list(config::Section& section, const char* key, std::vector<std::string>& into) {
    const std::optional<Value> value = section.find(key);
    if (!value) {
        return true;
    }
    const bool is_right = read_value(key_called(guarded_service_keys(), key), *value, into);
    if (auto wrong = right_list_fault(into)) {
        value->problem(*wrong);
        return false;
    }
    return is_right;
}

// Reads one guarded service. Empty if a problem was reported.
std::optional<GuardedService> read_guarded(const Value& item, ConfigReading& reading) {
    if (!item.is_group()) {
        item.unexpected("a service with its token, like {name: ssh, ports: 2222, token: file:ssh.token}");
        return std::nullopt;
    }
    config::Section section = section_of(item, guarded_service_keys());
    const auto name = section.find("name");
    const auto token = section.find("token");
    const auto also = section.find("also");
    GuardedService service;
    bool is_right = read_list(section, "ports", service.ports);
    is_right = read_list(section, "hosts", service.hosts) && is_right;
    section.finish();
    if (!name || !token) {
        item.problem("a service of the server needs a `name` and a `token`");
        return std::nullopt;
    }
    const auto called = name->word();
    service.name = called.value_or("");
    is_right = called && is_right;
    is_right = read_visit_key(*token, reading, service.token) && is_right;
    is_right = (!also || read_visit_key(*also, reading, service.also)) && is_right;
    return is_right ? std::optional(std::move(service)) : std::nullopt;
}

}  // namespace

std::span<const SettingFacts> guarded_service_keys() noexcept {
    return of_guarded_service;
}

void read_guarded_services(const Value& list, ConfigReading& reading, std::vector<GuardedService>& services) {
    if (list.is_group()) {  // as in rathole's server files
        list.problem(
            "expected a list of services that need a token, like {name: ssh, ports: 2222, token: file:ssh.token}; the "
            "services to offer are listed in `services` of `client:`");
        return;
    }
    const std::vector<Value> items = list.items();
    if (items.size() > guarded_services_max) {
        list.problem("a server can have at most " + std::to_string(guarded_services_max));
        return;
    }
    for (const Value& item : items) {
        std::optional<GuardedService> service = read_guarded(item, reading);
        if (!service) {
            continue;
        }
        const bool is_there = std::any_of(services.begin(), services.end(),
                                          [&](const GuardedService& earlier) { return earlier.name == service->name; });
        if (is_there) {
            item.problem("a second service is called " + in_quotes(service->name));
        } else {
            services.push_back(std::move(*service));
        }
    }
}

std::optional<std::string> guarded_port_fault(const std::string& text) {
    return text == any_port ? std::optional<std::string>("`any` is not a valid port here: list the ports")
                            : right_port_fault(text);
}

void check_guarded_services(const std::vector<GuardedService>& services, std::vector<Problem>& problems) {
    if (services.size() > guarded_services_max) {
        problems.push_back({list_setting, "are more than " + std::to_string(guarded_services_max)});
    }
    std::set<std::string_view> names;
    for (const GuardedService& service : services) {
        const auto tell = [&](const std::string& text) {
            problems.push_back({list_setting, in_quotes(service.name) + ": " + text});
        };
        if (service.name.empty()) {
            tell("needs the name of the service");
        } else if (!names.insert(service.name).second) {
            tell("appears twice");
        }
        if (service.token.empty()) {
            tell("needs a token");
        }
        if (auto wrong = ports_fault(service.ports)) {
            tell("`ports`: " + *wrong);
        }
        if (auto wrong = hosts_fault(service.hosts)) {
            tell("`hosts`: " + *wrong);
        }
    }
}

directory::ServiceTokens engine_service_tokens(const std::vector<GuardedService>& services) {
    std::vector<directory::GuardedService> engine;
    engine.reserve(services.size());
    for (const GuardedService& service : services) {
        engine.push_back(engine_service(service));
    }
    return directory::ServiceTokens(std::move(engine));
}

}  // namespace ferrotunnel::detail
