// The services of a client in a configuration file. Each item has one of the keys `tcp`, `http` and `tls`, which says
// what kind it is.
#include <map>
#include <utility>

#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "settings/keys_backend.hpp"
#include "settings/keys_rules.hpp"
#include "settings/keys_sections.hpp"
#include "settings/keys_sides.hpp"

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

// Names, public ports and hosts that earlier services have taken, with their lines; and the server that will be asked
// for them, if it is in the same file.
struct Taken {
    std::optional<OwnServer> server;
    std::map<std::string, unsigned> names;
    std::map<std::uint16_t, unsigned> ports;
    std::map<std::pair<std::string, std::string>, unsigned> hosts;  // host, and path as the server claims it
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
    const auto [named, fresh] = taken.names.emplace(name, place.place().line);
    if (!fresh) {
        place.problem("a second service is called " + in_quotes(name) + "; the first one is in line " +
                      std::to_string(named->second));
    }
    return fresh;
}

bool is_new_port(std::uint16_t port, const Value& place, Taken& taken) {
    if (port == 0) {
        return true;
    }
    const auto [bound, fresh] = taken.ports.emplace(port, place.place().line);
    if (!fresh) {
        place.problem("the public port " + std::to_string(port) + " is there twice; the first one is in line " +
                      std::to_string(bound->second));
    }
    return fresh;
}

// The server would refuse the second service for the same host and path, or for the same TLS name.
bool are_new_hosts(const directory::HttpDescription& description, const Value& place, Taken& taken) {
    for (const std::string& host : description.hosts) {
        const auto [first, fresh] =
            taken.hosts.emplace(std::pair(host, description.claimed_path()), place.place().line);
        if (!fresh) {
            place.problem("a second service is for " + in_quotes(host) +
                          (description.passthrough ? "" : " and the same path") + "; the first one is in line " +
                          std::to_string(first->second));
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
          http(service.find("http")),
          tls(service.find("tls")),
          path(service.find("path")),
          local(service.find("local")),
          name(service.find("name")),
          backend(service) {}

    std::size_t kinds() const noexcept {
        return std::size_t{tcp.has_value()} + std::size_t{http.has_value()} + std::size_t{tls.has_value()};
    }

    std::optional<Value> tcp;
    std::optional<Value> http;
    std::optional<Value> tls;
    std::optional<Value> path;
    std::optional<Value> local;
    std::optional<Value> name;
    BackendKeys backend;
    RuleKeys rules;
};

// Reports what the file's own server would refuse, at the key that asks for it.
bool is_allowed(const Value& place, const std::optional<std::string>& refusal) {
    if (refusal) {
        place.problem(*refusal);
    }
    return !refusal;
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

void add_tcp(const Keys& keys, Taken& taken, ClientPart& part) {
    const bool is_private = keys.tcp->is_text() && keys.tcp->try_text() == "private";
    const auto remote_port = is_private ? std::optional<std::uint64_t>(0) : keys.tcp->number(0, 65'535);
    const auto address = keys.local ? keys.local->word() : std::nullopt;
    const auto called = keys.name ? keys.name->word() : std::nullopt;
    if (keys.path) {
        keys.path->problem("a TCP service has no paths");
        return;
    }
    if (keys.rules.refuse("is for a service with `http`; this one has `tcp`")) {
        return;
    }
    if (!remote_port || !address || (keys.name && !called)) {
        return;
    }
    Tcp tcp;
    if (!keys.backend.read(tcp.backend_tls) || !keys.backend.read(tcp.proxy_protocol)) {
        return;
    }
    tcp.is_private = is_private;
    tcp.remote_port = static_cast<std::uint16_t>(*remote_port);
    tcp.local = with_host(*address);
    tcp.name = called.value_or("");
    if (!is_good(tcp, *keys.local, keys.name) || !keys.backend.are_files_good(backend_words(tcp))) {
        return;
    }
    if (taken.server && !is_allowed(*keys.tcp, taken.server->refusal_of_port(tcp.remote_port))) {
        return;
    }
    const bool has_port = is_new_port(tcp.remote_port, *keys.tcp, taken);
    if (!has_port && !keys.name) {
        return;  // its name is made from the port, so the problem would be reported twice
    }
    if (is_new_name(tcp.name, keys.name ? *keys.name : *keys.tcp, taken) && has_port) {
        part.services.push_back(std::move(tcp));
    }
}

// Reports what is wrong with a host, at its key. The rest is left to check_service on the whole service.
bool hosts_are_good(const Keys& keys, const Http& http) {
    std::vector<Problem> problems;
    Http alone = http;
    alone.path.clear();
    alone.local = ":1";
    alone.backend_tls = {};
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

void add_http(const Keys& keys, Taken& taken, ClientPart& part) {
    Http http;
    bool complete = !is_local_missing(keys);
    complete = keys.backend.read(http.backend_tls) && complete;
    complete = keys.backend.read(http.proxy_protocol) && complete;
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
    http.local = address ? with_host(*address) : "";
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

void add_tls(const Keys& keys, Taken& taken, ClientPart& part) {
    Tls tls;
    bool complete = keys.local.has_value();
    complete = keys.backend.read(tls.proxy_protocol) && complete;
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

void read_service(const Value& item, Taken& taken, ClientPart& part) {
    if (!item.is_group()) {
        item.unexpected("a service, like {tcp: 2222, local: 127.0.0.1:22} or {http: app.example.com, local: 3000}");
        return;
    }
    Section section = item.section();
    Keys keys(section);
    keys.rules.find(section);
    section.finish();
    if (keys.kinds() == 0 && !section.has_foreign("kind")) {
        item.problem(
            "`tcp`, `http` or `tls` is missing: the public port, or 0 for one that the server chooses; or the host, or "
            "`assigned` for one that the server chooses; or the name that visitors ask for by TLS");
    }
    if (keys.kinds() > 1) {
        (keys.http ? *keys.http : *keys.tls).problem("a service has one of `tcp`, `http` and `tls`");
    }
    if (is_local_missing(keys) && !section.has_foreign("local")) {
        item.problem("`local` is missing: where visitors are connected to, like 127.0.0.1:22");
    }
    if (keys.kinds() != 1) {
        return;
    }
    if (keys.tcp) {
        add_tcp(keys, taken, part);
    } else if (keys.http) {
        add_http(keys, taken, part);
    } else {
        add_tls(keys, taken, part);
    }
}

}  // namespace

void read_services(const Value& list, const std::optional<ServerPart>& server, ClientPart& part) {
    Taken taken;
    taken.server = OwnServer::of(server, part.settings);
    for (const Value& item : list.items()) {
        read_service(item, taken, part);
    }
}

}  // namespace ferrotunnel::detail
