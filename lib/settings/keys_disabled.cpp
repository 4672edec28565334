// `client.disabled`: names of disabled services. They are usually in conf.d/90-runtime.yml, and name services of other
// files.
#include "base/limits.hpp"
#include "settings/key_tables.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {

using config::Section;
using config::Value;

namespace {

template <typename Description>
bool is_meant(const Description& service, const std::string& name) {
    return service.name == name;
}

// Whether the service has this name, or shares the port number of the TCP service of this name.
bool is_meant(const Udp& service, const std::string& name) {
    return service.name == name || service.with_tcp == name;
}

}  // namespace

void read_disabled_services(const Value& list, ClientPart& part) {
    std::size_t count = 0;
    for (const Value& item : list.items()) {
        if (!item.is_group()) {
            item.unexpected("a disabled service, like {name: web, by: alice}");
            continue;
        }
        Section section = section_of(item, disabled_service_keys());
        const auto name_at = section.find("name");
        const auto by_at = section.find("by");
        section.finish();
        const auto name = name_at ? name_at->word() : std::nullopt;
        const auto by = by_at ? by_at->text() : std::optional<std::string>("");
        if (!name_at) {
            item.problem("`name` is missing: the name of the disabled service");
        }
        if (by && by->size() > disabled_by_max) {
            by_at->problem("has at most " + std::to_string(disabled_by_max) + " bytes");
        }
        if (++count == limits::services_max + 1) {
            list.problem("has more than " + std::to_string(limits::services_max) + " services");
        }
        const auto switch_off = [&](auto& services) {
            for (auto& service : services) {
                if (name && service.enabled && is_meant(service, *name)) {
                    service.enabled = false;
                    service.disabled_by = by.value_or("");
                }
            }
        };
        switch_off(part.services);
        switch_off(part.http_services);
        switch_off(part.tls_services);
        switch_off(part.udp_services);
    }
}

}  // namespace ferrotunnel::detail
