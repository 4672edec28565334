// Services with a public port: `tcp`, `udp` and `tcp+udp`.
#include <chrono>
#include <utility>

#include "base/limits.hpp"
#include "settings/backend.hpp"
#include "settings/group.hpp"
#include "settings/health.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/port_range.hpp"
#include "settings/service_plugins.hpp"
#include "settings/service_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Value;

bool is_new_port(std::uint16_t port, const Value& place, ClaimedNames::Ports& ports, const ClaimedNames& taken) {
    if (port == 0) {
        return true;
    }
    const auto [bound, fresh] = ports.emplace(port, place.place());
    if (!fresh) {
        place.problem("the public port " + std::to_string(port) + " appears twice" +
                      taken.first_one(bound->second, place));
    }
    return fresh;
}

// Reads the server's address for the port. False if it is invalid, which was reported.
bool reads_bind(const ServiceKeys& keys, std::string& bind) {
    const auto text = keys.bind ? keys.bind->word() : std::nullopt;
    const auto address = text ? ip_address_of(*text) : std::nullopt;
    if (text && !address && text->find('%') != std::string::npos) {
        keys.bind->problem(public_bind_fault(*text, "is not a valid IP address of the server, like 127.0.0.1"));
    } else if (text && !address) {
        keys.bind->unexpected("an IP address of the server, like 127.0.0.1");
    }
    bind = address.value_or("");
    return !keys.bind || address;
}

// The ports of a service: a public one with its backend, or a range of them. Empty if a problem was reported.
std::vector<PortOfRange> ports_of(const Value& port, const std::string& local) {
    const std::string text = port.is_text() ? port.try_text().value_or("") : "";
    if (!is_port_range(text) && !is_port_range(std::string_view(local).substr(local.rfind(':') + 1))) {
        const auto number = port.number(0, 65'535);
        return number ? std::vector<PortOfRange>{{static_cast<std::uint16_t>(*number), with_host(local)}}
                      : std::vector<PortOfRange>{};
    }
    auto ports = expand_ports(text, local);
    if (!ports) {
        port.problem(ports.error());
        return {};
    }
    for (PortOfRange& one : *ports) {
        one.local = with_host(one.local);
    }
    return std::move(*ports);
}

// Adds a service with a public port to `services`, if it is valid. False if a problem was reported.
template <typename Service>
bool add_port(Service service, const ServiceKeys& keys, const Value& port, ClaimedNames::Ports& ports,
              ClaimedNames& taken, std::vector<Service>& services) {
    if (!is_good(service, *keys.local, keys.name)) {
        return false;
    }
    if (taken.server && !is_allowed(port, taken.server->refusal_of_port(service.remote_port))) {
        return false;
    }
    const bool has_port = is_new_port(service.remote_port, port, ports, taken);
    if (!has_port && !keys.name) {
        return false;  // the name is made from the port, so the problem would be reported twice
    }
    if (!is_new_name(service.name, keys.name ? *keys.name : port, taken) || !has_port) {
        return false;
    }
    services.push_back(std::move(service));
    return true;
}

// Adds the service, or all services of a range; a problem is reported only once.
template <typename Service>
void add_ports(const Service& model, const std::vector<PortOfRange>& places, const ServiceKeys& keys, const Value& port,
               ClaimedNames::Ports& ports, ClaimedNames& taken, std::vector<Service>& services) {
    for (Service& service : services_of_range(model, places)) {
        if (!add_port(std::move(service), keys, port, ports, taken, services)) {
            return;
        }
    }
}

bool is_private(const Value& port) {
    return port.is_text() && port.try_text() == "private";
}

// Reports the `key` of a service with a public port.
bool may_have_key(const ServiceKeys& keys, const Value& port) {
    const bool is_right = !keys.key || is_private(port);
    if (!is_right) {
        keys.key->problem("is only for `tcp: private` and `udp: private`; remove it, or make the service private");
    }
    return is_right;
}

// Reports the keys that a UDP service cannot have. True if there was one.
bool has_what_udp_has_not(const ServiceKeys& keys) {
    const Value* tls_key = keys.backend.any_tls();
    if (tls_key != nullptr) {
        tls_key->problem("a UDP service has no TLS");
    }
    if (keys.path) {
        keys.path->problem("a UDP service has no paths");
    }
    const bool ruled = keys.rules.refuse("is for a service with `http`; this one has `udp`");
    return tls_key != nullptr || keys.path || ruled;
}

// Reads the PROXY protocol keys of a UDP service. False if a problem was reported.
bool reads_introduction(const ServiceKeys& keys, Udp& udp) {
    if (!keys.backend.read(udp.proxy_protocol)) {
        return false;
    }
    if (udp.proxy_protocol == ProxyProtocol::v1) {
        keys.backend.proxy()->problem("a UDP service can have v2 only: v1 is for connections");
        return false;
    }
    if (!keys.backend.proxy_each()) {
        return true;
    }
    if (udp.proxy_protocol == ProxyProtocol::off) {
        keys.backend.proxy_each()->problem("has no meaning without `proxy_protocol: v2`");
        return false;
    }
    const std::optional<bool> each = keys.backend.proxy_each()->boolean();
    udp.proxy_each = each.value_or(false);
    return each.has_value();
}

// Reads the keys common to services with UDP, with `local` as written. Empty if a problem was reported.
std::optional<Udp> read_udp(const ServiceKeys& keys, ConfigReading& reading) {
    using std::chrono::milliseconds;
    const auto address = keys.local ? keys.local->word() : std::nullopt;
    const auto called = keys.name ? keys.name->word() : std::nullopt;
    const auto idle = keys.idle ? keys.idle->time() : std::nullopt;
    if (has_what_udp_has_not(keys) || !address || (keys.name && !called) || (keys.idle && !idle)) {
        return std::nullopt;
    }
    Udp udp;
    udp.name = called.value_or("");
    udp.local = *address;
    udp.idle = idle.value_or(udp.idle);
    if (!read_plugins_key(keys, reading, udp) || !keys.group.read(udp.group)) {
        return std::nullopt;
    }
    if (udp.idle < milliseconds(limits::udp_idle_ms_min) || udp.idle > milliseconds(limits::udp_idle_ms_max)) {
        keys.idle->problem("must be from 1s to 1h");
        return std::nullopt;
    }
    return udp;
}

// Checks an IP address of the server and brings it into normal form; empty: the server's choice.
void check_service_bind(const std::string& name, std::string& bind, std::vector<Problem>& problems) {
    if (bind.empty()) {
        return;
    }
    if (auto ip = ip_address_of(bind)) {
        bind = std::move(*ip);
    } else {
        problems.push_back(
            {name, "`bind` " + public_bind_fault(bind, "is not a valid IP address of the server, like 127.0.0.1")});
    }
}

}  // namespace

void add_tcp(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part) {
    const bool is_private_one = is_private(*keys.tcp);
    const auto address = keys.local ? keys.local->word() : std::nullopt;
    const auto called = keys.name ? keys.name->word() : std::nullopt;
    if (keys.path) {
        keys.path->problem("a TCP service has no paths");
        return;
    }
    if (keys.rules.refuse("is for a service with `http`; this one has `tcp`")) {
        return;
    }
    if (!may_have_key(keys, *keys.tcp)) {
        return;
    }
    if (!address || (keys.name && !called)) {
        return;
    }
    const std::vector<PortOfRange> places =
        is_private_one ? std::vector<PortOfRange>{{0, with_host(*address)}} : ports_of(*keys.tcp, *address);
    Tcp tcp;
    if (keys.bind && is_private_one) {
        keys.bind->problem("a private service has none: it has no public port");
        return;
    }
    if (places.empty() || !reads_bind(keys, tcp.bind) || !keys.backend.read(tcp.backend_tls) ||
        !keys.backend.read(tcp.proxy_protocol) || !read_plugins_key(keys, reading, tcp) ||
        !keys.group.read(tcp.group) || !read_health_key(keys, tcp) || !read_enabled_key(keys, reading, tcp) ||
        !read_token_key(keys, reading, tcp) || !keys.exit.read(*keys.local, tcp, reading)) {
        return;
    }
    tcp.is_private = is_private_one;
    if (keys.key && !read_visit_key(*keys.key, reading, tcp.key)) {
        return;
    }
    tcp.local = places.front().local;
    tcp.name = called.value_or("");
    if (!keys.backend.check_files(backend_spec(tcp))) {
        return;
    }
    add_ports(tcp, places, keys, *keys.tcp, taken.ports, taken, part.services);
}

void add_udp(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part) {
    std::optional<Udp> read = read_udp(keys, reading);
    if (!read) {
        return;
    }
    Udp& udp = *read;
    udp.is_private = is_private(*keys.udp);
    if (!reads_introduction(keys, udp) || !may_have_key(keys, *keys.udp) ||
        (keys.key && !read_visit_key(*keys.key, reading, udp.key))) {
        return;
    }
    if (udp.is_private && !keys.key) {
        keys.udp->problem("needs a `key`, which other clients need to visit it");
        return;
    }
    if (keys.bind && udp.is_private) {
        keys.bind->problem("a private service has none: it has no public port");
        return;
    }
    const std::vector<PortOfRange> places =
        udp.is_private ? std::vector<PortOfRange>{{0, with_host(udp.local)}} : ports_of(*keys.udp, udp.local);
    if (!places.empty() && reads_bind(keys, udp.bind) && read_enabled_key(keys, reading, udp) &&
        read_token_key(keys, reading, udp)) {
        add_ports(udp, places, keys, *keys.udp, taken.udp_ports, taken, part.udp_services);
    }
}

void add_both(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part) {
    std::optional<Udp> read = read_udp(keys, reading);
    if (!read) {
        return;
    }
    Udp& udp = *read;
    Tcp model;
    model.name = std::exchange(udp.name, {});
    if (!reads_introduction(keys, udp) || !reads_bind(keys, udp.bind) || !read_enabled_key(keys, reading, model) ||
        !read_token_key(keys, reading, model)) {
        return;
    }
    udp.token = model.token;
    udp.enabled = model.enabled;
    udp.disabled_by = model.disabled_by;
    model.bind = udp.bind;
    model.proxy_protocol = udp.proxy_protocol;
    model.plugins = udp.plugins;
    model.group = udp.group;
    for (Tcp& tcp : services_of_range(model, ports_of(*keys.both, udp.local))) {
        if (!add_port(tcp, keys, *keys.both, taken.ports, taken, part.services)) {
            return;
        }
        Udp twin = udp;
        twin.with_tcp = part.services.back().name;
        twin.local = part.services.back().local;
        twin.remote_port = tcp.remote_port;
        if (!add_port(twin, keys, *keys.both, taken.udp_ports, taken, part.udp_services)) {
            part.services.pop_back();
            return;
        }
    }
}

void check_service(Tcp& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.is_private && service.remote_port != 0) {
        problems.push_back({service.name, "is private and has a public port; it can have only one of them"});
    }
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    check_service_bind(service.name, service.bind, problems);
    if (service.is_private && !service.bind.empty()) {
        problems.push_back({service.name, "is private and has `bind`, which needs a public port; remove one of them"});
    }
    if (!service.key.empty() && !service.is_private) {
        problems.push_back(
            {service.name, "has a `key`, which only private services use; remove it, or make the service private"});
    }
    if (!service.key.empty() && application_serves) {
        problems.push_back({service.name, "has a `key` but no backend for its visits"});
    }
    if (!service.key.empty() && service.local.starts_with("tls://")) {
        problems.push_back({service.name, "has a `key`: its backend cannot speak TLS (tls://)"});
    }
    if (service.is_private && !service.plugins.empty()) {
        problems.push_back({service.name, "is private and has `plugins`, which only public services use; remove them"});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::tcp, !service.plugins.empty(), service.is_private,
                problems);
    check_backend_of(service, application_serves, "127.0.0.1:22", problems);
    check_health(service, application_serves, problems);
}

void check_service(Udp& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    using std::chrono::milliseconds;
    if (service.idle < milliseconds(limits::udp_idle_ms_min) || service.idle > milliseconds(limits::udp_idle_ms_max)) {
        problems.push_back({service.name, "has an `idle` that is not from 1 s to 1 h"});
    }
    check_service_bind(service.name, service.bind, problems);
    const auto wrong = [&](const char* text) { problems.push_back({service.name, text}); };
    if (service.is_private && service.remote_port != 0) {
        wrong("is private and has a public port; it can have only one of them");
    }
    if (service.is_private && !service.bind.empty()) {
        wrong("is private and has `bind`, which needs a public port; remove one of them");
    }
    if (service.is_private && service.key.empty()) {
        wrong("is private and has no `key`, which other clients need to visit it");
    }
    if (!service.key.empty() && !service.is_private) {
        wrong("has a `key`, which only private services use; remove it, or make the service private");
    }
    if (service.is_private && !service.plugins.empty()) {
        problems.push_back({service.name, "is private and has `plugins`, which only public services use; remove them"});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::udp, !service.plugins.empty(), service.is_private,
                problems);
    if (service.is_private && application_serves) {
        wrong("is private: its visits need a backend");
    }
    if (service.proxy_protocol == ProxyProtocol::v1) {
        wrong("has `proxy_protocol` v1, which is only for TCP; use v2 for datagrams");
    }
    if (service.proxy_each && service.proxy_protocol == ProxyProtocol::off) {
        wrong("has `proxy_each`, which has no meaning without `proxy_protocol`; set `proxy_protocol: v2` or remove it");
    }
    check_backend_of(service, application_serves, "127.0.0.1:53", problems);
}

}  // namespace ferrotunnel::detail
