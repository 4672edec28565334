// Services that visitors find by a host name: `http` and `tls`.
#include <utility>

#include "backend/backend.hpp"
#include "base/limits.hpp"
#include "base/text.hpp"
#include "directory/http_description.hpp"
#include "settings/backend.hpp"
#include "settings/group.hpp"
#include "settings/health.hpp"
#include "settings/service_plugins.hpp"
#include "settings/service_reader.hpp"
#include "settings/service_rules.hpp"

namespace ferrotunnel::detail {
namespace {

using config::Value;

// Like with_host; the relative path of a folder is relative to the file's folder.
std::string with_folder(const std::string& local, const Value& place) {
    constexpr std::string_view prefix = backend::folder_prefix;
    return local.starts_with(prefix) && local != prefix
               ? std::string(prefix) + place.in_folder(std::string_view(local).substr(prefix.size()))
               : with_host(local);
}

// Reports a second service for the same host and path, or the same TLS name, which the server would refuse.
bool are_new_hosts(const directory::HttpDescription& description, const Value& place, ClaimedNames& taken) {
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

bool is_new_host(const Http& http, const Value& place, ClaimedNames& taken) {
    directory::HttpDescription description;
    return directory::read_http_part(http_part(http), description) || are_new_hosts(description, place, taken);
}

bool is_new_host(const Tls& tls, const Value& place, ClaimedNames& taken) {
    directory::HttpDescription description;
    return directory::read_tls_part(tls_part(tls), description) || are_new_hosts(description, place, taken);
}

// Reports the problems of the backend, at its key.
template <typename Description>
bool is_backend_good(Description& service, const ServiceKeys& keys) {
    std::vector<Problem> problems;
    if (keys.local) {
        check_backend(backend_spec(service), "", problems);
    }
    for (const Problem& problem : problems) {
        keys.local->problem(problem.text);
    }
    return problems.empty() && keys.backend.check_files(backend_spec(service));
}

// Reports the problems of a host, at its key. check_service checks the rest of the service.
bool hosts_are_good(const ServiceKeys& keys, const Http& http) {
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

}  // namespace

void add_http(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part) {
    Http http;
    bool complete = !is_local_missing(keys);
    complete = keys.backend.read(http.backend_tls) && complete;
    complete = keys.backend.read(http.proxy_protocol) && complete;
    complete = read_plugins_key(keys, reading, http) && complete;
    complete = keys.group.read(http.group) && complete;
    complete = read_health_key(keys, http) && complete;
    complete = read_enabled_key(keys, reading, http) && complete;
    complete = read_token_key(keys, reading, http) && complete;
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

void add_tls(const ServiceKeys& keys, ClaimedNames& taken, ConfigReading& reading, ClientPart& part) {
    Tls tls;
    bool complete = keys.local.has_value();
    complete = keys.backend.read(tls.proxy_protocol) && complete;
    complete = read_plugins_key(keys, reading, tls) && complete;
    complete = keys.group.read(tls.group) && complete;
    complete = read_health_key(keys, tls) && complete;
    complete = read_enabled_key(keys, reading, tls) && complete;
    complete = read_token_key(keys, reading, tls) && complete;
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
        keys.path->problem("a `tls` service has no paths: its TLS is passed through");
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

void check_service(Http& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    directory::HttpDescription description;
    wire::HttpPart part = http_part(service);
    part.rules = {};  // checked below
    if (service.host.empty() && !service.aliases.empty()) {
        problems.push_back({service.name, "has `aliases` without `host`"});
    } else if (part.hosts.size() > limits::http_hosts_per_service_max) {
        problems.push_back({service.name, "has more than " + std::to_string(limits::http_hosts_per_service_max) +
                                              " hosts; split it into two services"});
    } else if (auto problem = directory::read_http_part(part, description)) {
        problems.push_back({service.name, std::move(*problem)});
    }
    if (service.path.size() > limits::http_path_text_max) {
        problems.push_back(
            {service.name, "has a path of more than " + std::to_string(limits::http_path_text_max) + " bytes"});
    }
    for (const Problem& problem : rule_problems(service, application_serves)) {
        problems.push_back({service.name, '`' + problem.key + "` " + problem.text});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::http, !service.plugins.empty(), false, problems);
    if (application_serves || !service.rules.redirect || !service.local.empty()) {
        check_backend_of(service, application_serves, "127.0.0.1:3000", problems);
    }
    check_health(service, application_serves, problems);
}

void check_service(Tls& service, bool application_serves, std::vector<Problem>& problems) {
    if (service.name.empty()) {
        service.name = default_name(service);
    } else {
        check_name(service.name, problems);
    }
    directory::HttpDescription description;
    const wire::TlsPart part = tls_part(service);
    if (service.host.empty()) {
        problems.push_back({service.name, "missing `host`: the name that visitors request, like app.example.com"});
    } else if (part.hosts.size() > limits::http_hosts_per_service_max) {
        problems.push_back({service.name, "has more than " + std::to_string(limits::http_hosts_per_service_max) +
                                              " hosts; split it into two services"});
    } else if (auto problem = directory::read_tls_part(part, description)) {
        problems.push_back({service.name, std::move(*problem)});
    }
    (void)plugins_part(service.plugins, service.name, problems);
    check_group(service.group, service.name, wire::ServiceKind::tls, !service.plugins.empty(), false, problems);
    check_backend_of(service, application_serves, "127.0.0.1:8443", problems);
    check_health(service, application_serves, problems);
}

wire::HttpPart http_part(const Http& service) {
    wire::HttpPart part;
    if (!service.host.empty()) {
        part.hosts.push_back(service.host);
        part.hosts.insert(part.hosts.end(), service.aliases.begin(), service.aliases.end());
    }
    part.path = service.path;
    part.per_visitor = service.per_visitor || service.proxy_protocol != ProxyProtocol::off;
    const auto place = backend::parse_backend_address(service.local, wire::ServiceKind::http);
    part.backend_tls = place && place->tls;
    part.rules = rules_part(service);
    part.limits = limits_part(service.limits);
    return part;
}

wire::TlsPart tls_part(const Tls& service) {
    wire::TlsPart part;
    part.hosts.push_back(service.host);
    part.hosts.insert(part.hosts.end(), service.aliases.begin(), service.aliases.end());
    return part;
}

}  // namespace ferrotunnel::detail
