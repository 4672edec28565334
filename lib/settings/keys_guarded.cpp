// The services of a server's section, which must prove a token of their own.
#include <algorithm>
#include <utility>

#include "base/text.hpp"
#include "config/values.hpp"
#include "settings/guarded_services.hpp"
#include "settings/key_tables.hpp"
#include "settings/keys_sections.hpp"
#include "settings/rights.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Value;

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

}  // namespace ferrotunnel::detail
