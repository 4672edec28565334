// The services of a client in a configuration file. Each item has one of the keys `tcp`, `udp`, `http` and `tls`, which
// says what kind it is.
#include <chrono>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "settings/key_tables.hpp"
#include "settings/keys_backend.hpp"
#include "settings/keys_exits.hpp"
#include "settings/keys_group.hpp"
#include "settings/keys_health.hpp"
#include "settings/keys_rules.hpp"
#include "settings/keys_sections.hpp"
#include "settings/keys_sides.hpp"
#include "settings/port_range.hpp"
#include "settings/rights.hpp"
#include "settings/service_plugins.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

// "22" and ":22" are port 22 of this machine, as on the command line.
std::string with_host(const std::string& local) {
    const std::size_t begin = local.starts_with(':') ? 1 : 0;
    const bool is_port = local.find_first_not_of("0123456789", begin) == std::string::npos;
    return is_port ? "127.0.0.1:" + local.substr(begin) : local;
}

// The same, and a relative path of a folder is relative to the file's.
std::string with_folder(const std::string& local, const Value& place) {
    constexpr std::string_view prefix = backend::folder_prefix;
    return local.starts_with(prefix) && local != prefix
               ? std::string(prefix) + place.in_folder(std::string_view(local).substr(prefix.size()))
               : with_host(local);
}

// Names, public ports and hosts that earlier services have taken, with their lines; and the server that will be asked
// for them, if it is in the same file.
struct Taken {
    using Ports = std::map<std::uint16_t, config::Place>;

    const ConfigReading& reading;
    std::optional<OwnServer> server;
    std::map<std::string, config::Place> names;
    Ports ports;
    Ports udp_ports;
    std::map<std::pair<std::string, std::string>, config::Place> hosts;  // host, and path as the server claims it

    std::string first_one(const config::Place& first, const Value& second) const {
        const std::string line = std::to_string(first.line);
        return "; the first one is in " +
               (first.file == second.place().file ? "line " + line : reading.text_at(first).name + ':' + line);
    }
};

// Reports what check_service finds, at the key that it is about. False: it has found something.
template <typename Description>
bool is_good(Description& service, const Value& local, const std::optional<Value>& name) {
    std::vector<Problem> problems;
    check_service(service, false, problems);
    for (const Problem& problem : problems) {
        (problem.key == "name" && name ? *name : local).problem(problem.text);
    }
    return problems.empty();
}

bool is_new_name(const std::string& name, const Value& place, Taken& taken) {
    const auto [named, fresh] = taken.names.emplace(name, place.place());
    if (!fresh) {
        place.problem("a second service is called " + in_quotes(name) + taken.first_one(named->second, place));
    }
    return fresh;
}

bool is_new_port(std::uint16_t port, const Value& place, Taken::Ports& ports, const Taken& taken) {
    if (port == 0) {
        return true;
    }
    const auto [bound, fresh] = ports.emplace(port, place.place());
    if (!fresh) {
        place.problem("the public port " + std::to_string(port) + " is there twice" +
                      taken.first_one(bound->second, place));
    }
    return fresh;
}

// The server would refuse the second service for the same host and path, or for the same TLS name.
bool are_new_hosts(const directory::HttpDescription& description, const Value& place, Taken& taken) {
    for (const std::string& host : description.hosts) {
        const auto [first, fresh] = taken.hosts.emplace(std::pair(host, description.claimed_path()), place.place());
        if (!fresh) {
            place.problem("a second service is for " + in_quotes(host) +
                          (description.passthrough ? "" : " and the same path") +
                          taken.first_one(first->second, place));
            return false;
        }
    }
    return true;
}

bool is_new_host(const Http& http, const Value& place, Taken& taken) {
    directory::HttpDescription description;
    return directory::read_http_part(http_part(http), description) || are_new_hosts(description, place, taken);
}

bool is_new_host(const Tls& tls, const Value& place, Taken& taken) {
    directory::HttpDescription description;
    return directory::read_tls_part(tls_part(tls), description) || are_new_hosts(description, place, taken);
}

// The keys of one service; a key that is missing is empty.
struct Keys {
    explicit Keys(Section& service)
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

    std::optional<Value> tcp;
    std::optional<Value> udp;
    std::optional<Value> both;
    std::optional<Value> http;
    std::optional<Value> tls;
    std::optional<Value> path;
    std::optional<Value> local;
    std::optional<Value> name;
    std::optional<Value> idle;
    std::optional<Value> bind;
    std::optional<Value> plugins;
    GroupKeys group;
    std::optional<Value> health;
    std::optional<Value> enabled;
    std::optional<Value> key;
    std::optional<Value> token;
    BackendKeys backend;
    ExitKeys exit;
    RuleKeys rules;
};

// Reports what the file's own server would refuse, at the key that asks for it.
bool is_allowed(const Value& place, const std::optional<std::string>& refusal) {
    if (refusal) {
        place.problem(*refusal);
    }
    return !refusal;
}

// Reads the plugins that the service asks for. False: something is wrong with them, which was reported.
template <typename Description>
bool reads_plugins(const Keys& keys, Description& service) {
    return !keys.plugins || read_service_plugins(*keys.plugins, service.plugins);
}

// Reads how the backend is checked. False: something is wrong with that, which was reported.
template <typename Description>
bool reads_health(const Keys& keys, Description& service) {
    return !keys.health || read_health(*keys.health, service.health);
}

// Reads whether the service is offered. False: that is neither, which was reported.
template <typename Description>
bool reads_enabled(const Keys& keys, const ConfigReading& reading, Description& service) {
    const auto enabled = keys.enabled ? keys.enabled->boolean() : std::optional(true);
    service.enabled = enabled.value_or(true);
    service.disabled_by = service.enabled ? "" : reading.text_at(keys.enabled->place()).name;
    return enabled.has_value();
}

// Reads the service's own token. False: it is wrong, which was reported.
template <typename Description>
bool reads_token(const Keys& keys, ConfigReading& reading, Description& service) {
    return !keys.token || read_visit_key(*keys.token, reading, service.token);
}

// Reads the address of the server's that the port is to listen on. False: it is none, which was reported.
bool reads_bind(const Keys& keys, std::string& bind) {
    const auto text = keys.bind ? keys.bind->word() : std::nullopt;
    const auto address = text ? ip_address_of(*text) : std::nullopt;
    if (text && !address) {
        keys.bind->unexpected("an IP address of the server, like 127.0.0.1");
    }
    bind = address.value_or("");
    return !keys.bind || address;
}

// Reports what is wrong with the backend, at the key that names it.
template <typename Description>
bool is_backend_good(Description& service, const Keys& keys) {
    std::vector<Problem> problems;
    if (keys.local) {
        check_backend(backend_words(service), "", problems);
    }
    for (const Problem& problem : problems) {
        keys.local->problem(problem.text);
    }
    return problems.empty() && keys.backend.are_files_good(backend_words(service));
}

// The ports of a service that has some: a public one with an address behind it, or a range of them. Empty: something is
// wrong, and was reported.
std::vector<PortOfRange> ports_of(const Value& port, const std::string& local) {
    const std::string text = port.is_text() ? port.try_text().value_or("") : "";
    if (!is_port_range(text) && !is_port_range(std::string_view(local).substr(local.rfind(':') + 1))) {
        const auto number = port.number(0, 65'535);
        return number ? std::vector<PortOfRange>{{static_cast<std::uint16_t>(*number), with_host(local)}}
                      : std::vector<PortOfRange>{};
    }
    auto ports = spread_ports(text, local);
    if (!ports) {
        port.problem(ports.error());
        return {};
    }
    for (PortOfRange& one : *ports) {
        one.local = with_host(one.local);
    }
    return std::move(*ports);
}

// Takes a service with a public port up into `services`, if nothing is wrong with it. False: something was, and was
// reported.
template <typename Service>
bool add_port(Service service, const Keys& keys, const Value& port, Taken::Ports& ports, Taken& taken,
              std::vector<Service>& services) {
    if (!is_good(service, *keys.local, keys.name)) {
        return false;
    }
    if (taken.server && !is_allowed(port, taken.server->refusal_of_port(service.remote_port))) {
        return false;
    }
    const bool has_port = is_new_port(service.remote_port, port, ports, taken);
    if (!has_port && !keys.name) {
        return false;  // its name is made from the port, so the problem would be reported twice
    }
    if (!is_new_name(service.name, keys.name ? *keys.name : port, taken) || !has_port) {
        return false;
    }
    services.push_back(std::move(service));
    return true;
}

// The service, or all services of a range: what is wrong with one of them is not said of each.
template <typename Service>
void add_ports(const Service& model, const std::vector<PortOfRange>& places, const Keys& keys, const Value& port,
               Taken::Ports& ports, Taken& taken, std::vector<Service>& services) {
    for (Service& service : services_of_range(model, places)) {
        if (!add_port(std::move(service), keys, port, ports, taken, services)) {
            return;
        }
    }
}

bool is_private(const Value& port) {
    return port.is_text() && port.try_text() == "private";
}

// Reports a key of a service that has a public port.
bool may_have_key(const Keys& keys, const Value& port) {
    const bool is_right = !keys.key || is_private(port);
    if (!is_right) {
        keys.key->problem("is for `tcp: private` and `udp: private`: visitors of a public port do not know it");
    }
    return is_right;
}

void add_tcp(const Keys& keys, Taken& taken, ConfigReading& reading, ClientPart& part) {
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
        keys.bind->problem("a private service has none: it has no port that could listen");
        return;
    }
    if (places.empty() || !reads_bind(keys, tcp.bind) || !keys.backend.read(tcp.backend_tls) ||
        !keys.backend.read(tcp.proxy_protocol) || !reads_plugins(keys, tcp) || !keys.group.read(tcp.group) ||
        !reads_health(keys, tcp) || !reads_enabled(keys, reading, tcp) || !reads_token(keys, reading, tcp) ||
        !keys.exit.read(*keys.local, tcp, reading)) {
        return;
    }
    tcp.is_private = is_private_one;
    if (keys.key && !read_visit_key(*keys.key, reading, tcp.key)) {
        return;
    }
    tcp.local = places.front().local;
    tcp.name = called.value_or("");
    if (!keys.backend.are_files_good(backend_words(tcp))) {
        return;
    }
    add_ports(tcp, places, keys, *keys.tcp, taken.ports, taken, part.services);
}

// Reports the keys that a UDP service can not have. True: there was one.
bool has_what_udp_has_not(const Keys& keys) {
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

// Reads whether the backend of a UDP service is told who visitors are. False: it can not be so, which was reported.
bool reads_introduction(const Keys& keys, Udp& udp) {
    if (!keys.backend.read(udp.proxy_protocol)) {
        return false;
    }
    if (udp.proxy_protocol == ProxyProtocol::v1) {
        keys.backend.proxy()->problem("a UDP service can have v2 alone: v1 is for connections");
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

// Reads what any service with UDP says, with `local` as it is written. Nothing: it can not be so, which was reported.
std::optional<Udp> read_udp(const Keys& keys) {
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
    if (!reads_plugins(keys, udp) || !keys.group.read(udp.group)) {
        return std::nullopt;
    }
    if (udp.idle < milliseconds(limits::udp_idle_ms_min) || udp.idle > milliseconds(limits::udp_idle_ms_max)) {
        keys.idle->problem("must be from 1s to 1h");
        return std::nullopt;
    }
    return udp;
}

void add_udp(const Keys& keys, Taken& taken, ConfigReading& reading, ClientPart& part) {
    std::optional<Udp> read = read_udp(keys);
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
        keys.udp->problem("needs a `key`: other clients visit it, and nobody else");
        return;
    }
    if (keys.bind && udp.is_private) {
        keys.bind->problem("a private service has none: it has no port that could listen");
        return;
    }
    const std::vector<PortOfRange> places =
        udp.is_private ? std::vector<PortOfRange>{{0, with_host(udp.local)}} : ports_of(*keys.udp, udp.local);
    if (!places.empty() && reads_bind(keys, udp.bind) && reads_enabled(keys, reading, udp) &&
        reads_token(keys, reading, udp)) {
        add_ports(udp, places, keys, *keys.udp, taken.udp_ports, taken, part.udp_services);
    }
}

// Two services of one number: what is said counts for both, and so it has to be right for a UDP service.
void add_both(const Keys& keys, Taken& taken, ConfigReading& reading, ClientPart& part) {
    std::optional<Udp> read = read_udp(keys);
    if (!read) {
        return;
    }
    Udp& udp = *read;
    Tcp model;
    model.name = std::exchange(udp.name, {});
    if (!reads_introduction(keys, udp) || !reads_bind(keys, udp.bind) || !reads_enabled(keys, reading, model) ||
        !reads_token(keys, reading, model)) {
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

// Reports what is wrong with a host, at its key. The rest is left to check_service on the whole service.
bool hosts_are_good(const Keys& keys, const Http& http) {
    std::vector<Problem> problems;
    Http alone = http;
    alone.path.clear();
    alone.local = ":1";
    alone.backend_tls = {};
    alone.listing = false;
    alone.rules = {};
    alone.limits = {};
    check_service(alone, false, problems);
    for (const Problem& problem : problems) {
        if (problem.key != "name") {
            keys.http->problem(problem.text);
            return false;
        }
    }
    return true;
}

// Whether `local` is missing: only a service that redirects can do without it.
bool is_local_missing(const Keys& keys) {
    return !keys.local && !(keys.http && keys.rules.has("redirect"));
}

void add_http(const Keys& keys, Taken& taken, ConfigReading& reading, ClientPart& part) {
    Http http;
    bool complete = !is_local_missing(keys);
    complete = keys.backend.read(http.backend_tls) && complete;
    complete = keys.backend.read(http.proxy_protocol) && complete;
    complete = reads_plugins(keys, http) && complete;
    complete = keys.group.read(http.group) && complete;
    complete = reads_health(keys, http) && complete;
    complete = reads_enabled(keys, reading, http) && complete;
    complete = reads_token(keys, reading, http) && complete;
    for (const Value& item : keys.http->items_or_single()) {
        const std::optional<std::string> host = item.word();
        complete = complete && host;
        if (host && http.host.empty()) {
            http.host = *host == "assigned" ? "" : *host;
        } else if (host) {
            http.aliases.push_back(*host);
        }
    }
    const auto address = keys.local ? keys.local->word() : std::nullopt;
    const auto path = keys.path ? keys.path->text() : std::nullopt;
    const auto called = keys.name ? keys.name->word() : std::nullopt;
    http.local = address ? with_folder(*address, *keys.local) : "";
    http.path = path.value_or("");
    http.name = called.value_or("");
    const bool rules_are_good = read_rules(keys.rules, http, *keys.http);
    if (!complete || (keys.local && !address) || (keys.path && !path) || (keys.name && !called)) {
        return;
    }
    if (taken.server && !is_allowed(*keys.http, taken.server->refusal_of_http(http.host.empty()))) {
        return;
    }
    if (hosts_are_good(keys, http) && rules_are_good && is_backend_good(http, keys) &&
        is_good(http, keys.path ? *keys.path : *keys.http, keys.name) &&
        is_new_name(http.name, keys.name ? *keys.name : *keys.http, taken) &&
        is_new_host(http, keys.path ? *keys.path : *keys.http, taken)) {
        part.http_services.push_back(std::move(http));
    }
}

void add_tls(const Keys& keys, Taken& taken, ConfigReading& reading, ClientPart& part) {
    Tls tls;
    bool complete = keys.local.has_value();
    complete = keys.backend.read(tls.proxy_protocol) && complete;
    complete = reads_plugins(keys, tls) && complete;
    complete = keys.group.read(tls.group) && complete;
    complete = reads_health(keys, tls) && complete;
    complete = reads_enabled(keys, reading, tls) && complete;
    complete = reads_token(keys, reading, tls) && complete;
    for (const Value& item : keys.tls->items_or_single()) {
        const std::optional<std::string> host = item.word();
        complete = complete && host;
        if (host && tls.host.empty()) {
            tls.host = *host;
        } else if (host) {
            tls.aliases.push_back(*host);
        }
    }
    const auto address = keys.local ? keys.local->word() : std::nullopt;
    const auto called = keys.name ? keys.name->word() : std::nullopt;
    const Value* tls_key = keys.backend.any_tls();
    if (tls_key != nullptr) {
        tls_key->problem("a `tls` service has none: its backend speaks TLS with the visitor");
    }
    if (keys.path) {
        keys.path->problem("a `tls` service has no paths: nobody looks into its TLS");
    }
    const bool ruled = keys.rules.refuse("is for a service with `http`; this one has `tls`");
    if (!complete || !address || tls_key != nullptr || keys.path || ruled || (keys.name && !called)) {
        return;
    }
    tls.local = with_host(*address);
    tls.name = called.value_or("");
    if (taken.server && !is_allowed(*keys.tls, taken.server->refusal_of_tls())) {
        return;
    }
    if (is_backend_good(tls, keys) && is_good(tls, *keys.tls, keys.name) &&
        is_new_name(tls.name, keys.name ? *keys.name : *keys.tls, taken) && is_new_host(tls, *keys.tls, taken)) {
        part.tls_services.push_back(std::move(tls));
    }
}

void read_service(const Value& item, Taken& taken, ConfigReading& reading, ClientPart& part) {
    if (!item.is_group()) {
        item.unexpected("a service, like {tcp: 2222, local: 127.0.0.1:22} or {http: app.example.com, local: 3000}");
        return;
    }
    Section section = section_of(item, service_keys());
    Keys keys(section);
    keys.rules.find(section);
    section.finish();
    if (keys.kinds() == 0 && !section.has_foreign("kind")) {
        item.problem(
            "`tcp`, `udp`, `tcp+udp`, `http` or `tls` is missing: the public port, or 0 for one that the server "
            "chooses; or the "
            "host, or "
            "`assigned` for one that the server chooses; or the name that visitors ask for by TLS");
    }
    if (keys.kinds() > 1) {
        const Value& second = keys.http ? *keys.http : keys.tls ? *keys.tls : keys.both ? *keys.both : *keys.udp;
        second.problem("a service has one of `tcp`, `udp`, `tcp+udp`, `http` and `tls`");
    }
    if (is_local_missing(keys) && !section.has_foreign("local")) {
        item.problem("`local` is missing: where visitors are connected to, like 127.0.0.1:22");
    }
    if (keys.kinds() != 1) {
        return;
    }
    if (keys.idle && !keys.udp && !keys.both) {
        keys.idle->problem("is for a service with `udp`: how long its visitors may be silent");
        return;
    }
    if (!keys.tcp && keys.exit.refuse()) {
        return;
    }
    if (keys.key && !keys.tcp && !keys.udp) {
        keys.key->problem("is for `tcp: private` and `udp: private`, which other clients visit");
        return;
    }
    if (keys.backend.proxy_each() && !keys.udp && !keys.both) {
        keys.backend.proxy_each()->problem("is for a service with `udp`: its datagrams");
        return;
    }
    if (keys.health && (keys.udp || keys.both)) {
        keys.health->problem("is for a service with `tcp`, `http` or `tls`: nobody tells whether datagrams are taken");
        return;
    }
    if (keys.bind && !keys.tcp && !keys.udp && !keys.both) {
        keys.bind->problem("is for a service with `tcp` or `udp`, which have a port of their own");
        return;
    }
    if (keys.tcp) {
        add_tcp(keys, taken, reading, part);
    } else if (keys.udp) {
        add_udp(keys, taken, reading, part);
    } else if (keys.both) {
        add_both(keys, taken, reading, part);
    } else if (keys.http) {
        add_http(keys, taken, reading, part);
    } else {
        add_tls(keys, taken, reading, part);
    }
}

}  // namespace

void read_services(const Value& list, ConfigReading& reading, ClientPart& part) {
    Taken taken{reading, OwnServer::of(reading.file.values.server, part.settings), {}, {}, {}, {}};
    for (const Value& item : list.items()) {
        read_service(item, taken, reading, part);
    }
}

}  // namespace ferrotunnel::detail
