#include "settings/guarded_services.hpp"

#include <set>
#include <string>

#include "base/text.hpp"
#include "http/host_pattern.hpp"
#include "settings/rights.hpp"
#include "settings/service_name.hpp"

namespace ferrotunnel::detail {
namespace {

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

}  // namespace

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
