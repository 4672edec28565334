#include "api/client_control.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "admin/stats_json.hpp"
#include "api/described_service.hpp"
#include "api/statistics.hpp"
#include "base/text.hpp"
#include "login/rights.hpp"

namespace ferrotunnel::detail {

using admin::Answer;
using admin::Json;

namespace {

std::string_view name_of(Service::State state) noexcept {
    switch (state) {
        case Service::State::pending:
            return "pending";
        case Service::State::registered:
            return "registered";
        case Service::State::refused:
            return "refused";
        case Service::State::disabled:
            return "disabled";
        case Service::State::closed:
            break;
    }
    return "closed";
}

Json json_of(const ServiceEntry& entry) {
    const ServiceState::View view = entry.state->view();
    Json json{{"name", entry.name},
              {"kind", login::name_of(entry.kind)},
              {"local", entry.local},
              {"state", name_of(view.state)},
              {"endpoint", view.endpoint}};
    for (std::size_t i = 1; i < entry.claims.size(); ++i) {
        json["more_hosts"].push_back(entry.claims[i].first);
    }
    if (view.state == Service::State::refused) {
        json["why"] = view.error_text;
    }
    if (view.state == Service::State::registered && !view.not_at.empty()) {
        json["not_at"] = view.not_at;
    }
    using Health = ServiceState::Health;
    if (view.health != Health::unchecked && !entry.is_off()) {
        json["health"] = view.health == Health::healthy     ? "healthy"
                         : view.health == Health::unhealthy ? "unhealthy"
                                                            : "unknown";
    }
    if (view.health == Health::unhealthy) {
        json["unhealthy"] = view.why_unhealthy;
    }
    if (entry.is_off()) {
        json["disabled_by"] = entry.known->disabled_by();
    }
    return json;
}

Json servers_of(const ClientStats& stats) {
    Json list = Json::array();
    for (const ClientServerStats& server : stats.servers) {
        Json& json = list.emplace_back(Json{{"address", server.address}, {"connections", server.connections}});
        if (!server.member.empty()) {
            json["member"] = server.member;
        }
    }
    return list;
}

void close_all(std::vector<Service>& services) {
    for (Service& service : services) {
        service.close();
    }
}

// The items to keep: the description, once for each port of a range, so that each can be removed by its name.
std::vector<Json> items_of(const Json& description, const ClientPart& part) {
    std::vector<Json> items;
    const auto add_ports = [&](const char* key, const auto& services) {
        for (const auto& service : services) {
            Json& item = items.emplace_back(description);
            item["name"] = service.name;
            if (services.size() > 1) {
                item[key] = std::to_string(service.remote_port);
                item["local"] = service.local;
            }
        }
    };
    const bool of_both = description.contains("tcp+udp");  // then an item is two services
    add_ports(of_both ? "tcp+udp" : "tcp", part.services);
    if (!of_both) {
        add_ports("udp", part.udp_services);
    }
    for (const Http& http : part.http_services) {
        items.emplace_back(description)["name"] = http.name;
    }
    for (const Tls& tls : part.tls_services) {
        items.emplace_back(description)["name"] = tls.name;
    }
    return items;
}

Answer nowhere_to_keep() {
    return admin::refusal(409, "not_kept",
                          "The service cannot be kept: this client was started without a configuration file.");
}

Answer not_found(const std::string& name) {
    return admin::refusal(404, "not_found", "There is no service called " + in_quotes(name) + '.');
}

}  // namespace

Answer ClientControl::answer(const admin::StatusRequest& /*request*/) {
    const ClientStats stats = needs_.statistics.stats();
    Json json = needs_.control.about("client", needs_.is_stopping());
    if (std::string why_not = why_not_ready(); !why_not.empty()) {
        json["not_ready"] = std::move(why_not);
    }
    json["server"] = needs_.settings.servers.front();
    json["servers"] = servers_of(stats);
    json["name"] = needs_.settings.name;
    put_numbers(json, stats);
    json["trunks"] = trunks();
    json["resume"] = numbers_of(stats.resume);
    json["traffic"] = numbers_of(stats.traffic);
    json["datagrams"] = numbers_of(stats.datagrams);
    json.update(services().body);
    json["visits"] = visits();
    json["certificates"] = certificates().json();
    return {200, std::move(json)};
}

void ClientControl::metrics(metrics::Exposition& to) {
    put_about(to, "client", needs_.control.start_time_seconds());
    put(to, needs_.statistics.stats());
    put_of_client(to, needs_.statistics.services());
    put(to, needs_.statistics.workers());
    const auto [all, accepted] = count_services();
    to.family("ferrotunnel_services", metrics::Type::gauge, "Services of the client, by registration state.");
    to.sample(std::uint64_t{accepted}, {{"state", "accepted"}});
    to.sample(std::uint64_t{all - accepted}, {{"state", "other"}});
    certificates().put(to);
    needs_.control.put_metrics(to);
}

Certificates ClientControl::certificates() const {
    Certificates all;
    if (needs_.shared->tls) {
        all.add("client", needs_.shared->tls->expiry());
    }
    {
        const MutexLock lock(needs_.state.mutex);
        for (const auto& [id, entry] : needs_.state.services.all()) {
            all.add("backend", entry.backend_tls ? entry.backend_tls->expiry() : std::nullopt);
        }
    }
    all.add("dashboard", needs_.control.dashboard_certificates());
    return all;
}

std::string ClientControl::why_not_ready() {
    if (needs_.is_stopping()) {
        return "The client is stopping.";
    }
    if (!needs_.statistics.stats().connected) {
        return "The client is not connected.";
    }
    if (wants_handover()) {
        return "The client waits to replace another one until all of its services are registered and "
               "healthy.";
    }
    const auto [all, accepted] = count_services();
    return all != 0 && accepted == 0 ? "The server has accepted no service." : "";
}

Answer ClientControl::services() {
    std::vector<ServiceEntry> entries;
    {
        const MutexLock lock(needs_.state.mutex);
        for (const auto& [id, entry] : needs_.state.services.all()) {
            entries.push_back(entry);
        }
    }
    return {200, admin::list_of("services", entries, [this](const ServiceEntry& entry) {
                Json json = json_of(entry);
                const metrics::ServiceSums sums =
                    needs_.shared->services->row({entry.name, {}, std::string(login::name_of(entry.kind))})->sums();
                json["bytes_received"] = sums.received;
                json["bytes_sent"] = sums.sent;
                return json;
            })};
}

Answer ClientControl::add_service(const Json& description, bool keep) {
    if (keep && !kept()) {
        return nowhere_to_keep();
    }
    ConfigFile file = read_service(description, keep ? kept()->path() : std::string());
    if (!file.problems.empty() || !file.values.client) {
        return invalid_service(file.problems);
    }
    std::vector<Service> added;
    try {
        add_all(*file.values.client, keep, added);
    } catch (const config_error& error) {
        close_all(added);
        return invalid_service(error.problems());
    } catch (const std::system_error& error) {
        close_all(added);
        return admin::refusal(409, "ended", error.what());
    }
    if (keep) {
        const std::string problem = kept()->add(items_of(description, *file.values.client));
        if (!problem.empty()) {
            close_all(added);
            return admin::refusal(422, "not_kept", "The service was not added, since it cannot be kept: " + problem);
        }
    }
    Json names = Json::array();
    for (const Service& service : added) {
        names.push_back(service.name());
    }
    Json answer{{"name", names.front()}, {"names", names}, {"state", name_of(added.front().state())}};
    if (keep) {
        answer["kept"] = kept()->path();
    }
    return {201, std::move(answer)};
}

Answer ClientControl::remove_service(const std::string& name, bool keep) {
    std::shared_ptr<ServiceState> found;
    std::shared_ptr<ListenerCore> listener;
    std::vector<std::shared_ptr<ServiceState>> twins;
    {
        const MutexLock lock(needs_.state.mutex);
        const std::vector<std::string> names = needs_.state.services.twins_of(name);
        for (const auto& [id, entry] : needs_.state.services.all()) {
            if (entry.name == name) {
                found = entry.state;
                listener = entry.listener;
            } else if (std::ranges::find(names, entry.name) != names.end()) {
                twins.push_back(entry.state);
            }
        }
    }
    if (!found && keep && kept() && kept()->remove(name).empty()) {
        return {200, Json{{"removed", name}}};  // the kept service was switched off, and would have come back
    }
    if (!found) {
        return not_found(name);
    }
    if (listener) {
        return admin::refusal(409, "not_here", "The application itself serves " + in_quotes(name) + '.');
    }
    if (keep && !kept()) {
        return nowhere_to_keep();
    }
    if (const std::string problem = keep ? kept()->remove(name) : std::string(); !problem.empty()) {
        return admin::refusal(409, "not_kept", "The service was not removed: " + problem + '.');
    }
    for (const auto& twin : twins) {
        twin->close();
    }
    found->close();
    return {200, Json{{"removed", name}}};
}

Answer ClientControl::switch_service(const std::string& name, bool enabled, const std::string& by) {
    bool is_known = false;
    bool is_served_here = false;
    {
        const MutexLock lock(needs_.state.mutex);
        for (const auto& [id, entry] : needs_.state.services.all()) {
            is_known = is_known || entry.name == name;
            is_served_here = is_served_here || (entry.name == name && entry.listener);
        }
    }
    if (!is_known) {
        return not_found(name);
    }
    if (is_served_here) {
        return admin::refusal(409, "not_here", "The application itself serves " + in_quotes(name) + '.');
    }
    return enabled ? enable(name) : disable(name, by);
}

std::string ClientControl::replay(const std::string& service, std::string request, std::uint64_t id, std::uint64_t of) {
    session::ClientLink::Replay replay{0, std::move(request), id, of};
    {
        const MutexLock lock(needs_.state.mutex);
        for (const auto& [number, entry] : needs_.state.services.all()) {
            const bool is_it = entry.name == service && entry.kind == wire::ServiceKind::http;
            replay.service = is_it && !entry.listener && !entry.is_off() ? number : replay.service;
        }
    }
    if (replay.service == 0) {
        return "There is no service " + in_quotes(service) + " with a backend, or it is switched off.";
    }
    PermitPtr ticket = replays_.acquire();
    if (!ticket) {
        return "16 requests are already being sent again. Try again later.";
    }
    const bool is_posted = needs_.link.post([&log = needs_.log, replay = std::move(replay),
                                             ticket = std::move(ticket)](session::ClientLink& link) mutable noexcept {
        try {
            link.replay(std::move(replay), std::move(ticket));
        } catch (const std::bad_alloc&) {
            log.warn("a request was not sent again: out of memory");
        }
    });
    return is_posted ? "" : "The client is stopping.";
}

Answer ClientControl::answer(const admin::DrainRequest& request) {
    return needs_.is_stopping() ? Answer{202, Json{{"draining", true}}} : needs_.control.drain(request.time());
}

// The connections to servers, open and attempted.
Json ClientControl::trunks() const {
    const MutexLock lock(needs_.state.mutex);
    Json all = Json::array();
    for (const auto& [number, trunk] : needs_.state.status.connections()) {
        Json one{{"number", number}, {"open", trunk.is_open}, {"since", admin::seconds_of(trunk.since)}};
        if (!trunk.server.empty()) {
            one["server"] = trunk.server;
        }
        if (!trunk.why.empty()) {
            one["why"] = trunk.why;
        }
        if (!trunk.tls.empty()) {
            one["tls"] = trunk.tls;
        }
        if (trunk.is_waiting()) {
            one["waiting_ms"] = trunk.waited().count();
        }
        all.push_back(std::move(one));
    }
    return all;
}

bool ClientControl::wants_handover() const {
    const MutexLock lock(needs_.state.mutex);
    return needs_.state.status.wants_handover();
}

ClientControl::ServiceCount ClientControl::count_services() const {
    const MutexLock lock(needs_.state.mutex);
    return {needs_.state.services.all().size(), needs_.state.services.count_registered()};
}

Json ClientControl::visits() const {
    Json list = Json::array();
    for (const VisitStats& visit : needs_.visits.stats()) {
        Json json{{"name", visit.service}, {"kind", visit.kind == Visit::Kind::udp ? "udp" : "tcp"},
                  {"at", visit.at},        {"since", admin::seconds_of(visit.since)},
                  {"open", visit.open},    {"opened", visit.opened},
                  {"failed", visit.failed}};
        if (!visit.why.empty()) {
            json["failed_at"] = admin::seconds_of(visit.failed_at);
            json["why"] = visit.why;
        }
        list.push_back(std::move(json));
    }
    return list;
}

// The file is changed first: the following steps cannot fail.
Answer ClientControl::disable(const std::string& name, const std::string& by) {
    using Switched = SavedServices::Switched;
    SavedServices::Outcome outcome{Switched::of_no_file};
    if (kept()) {
        outcome = kept()->disable(name, by);
    }
    if (outcome.what == Switched::failed) {
        return admin::refusal(422, "not_kept", "The service was not disabled: " + outcome.why + '.');
    }
    return switched(name, false, by, outcome.what == Switched::kept);
}

Answer ClientControl::enable(const std::string& name) {
    using Switched = SavedServices::Switched;
    SavedServices::Outcome outcome{Switched::not_here};
    if (kept()) {
        outcome = kept()->enable(name);
    }
    if (outcome.what == Switched::failed) {
        return admin::refusal(422, "not_kept", "The service was not enabled: " + outcome.why + '.');
    }
    if (outcome.what == Switched::not_here && is_off_in_configuration(name)) {
        return admin::refusal(409, "not_kept",
                              "The configuration itself switches " + in_quotes(name) + " off. Change it there.");
    }
    return switched(name, true, "", outcome.what == Switched::kept);
}

Answer ClientControl::switched(const std::string& name, bool enabled, const std::string& by, bool is_kept) {
    try {
        if (!needs_.reload.set_enabled(name, enabled, by, !is_kept)) {
            return not_found(name);
        }
    } catch (const std::system_error& error) {
        return admin::refusal(409, "ended", error.what());
    }
    Json answer{{"name", name}, {"enabled", enabled}};
    if (is_kept) {
        answer["kept"] = kept()->path();
    }
    return {200, std::move(answer)};
}

// Whether a service is off, but not by a request to this socket.
bool ClientControl::is_off_in_configuration(const std::string& name) const {
    const MutexLock lock(needs_.state.mutex);
    const bool is_off = std::ranges::any_of(needs_.state.services.all(), [&](const auto& one) {
        return one.second.name == name && one.second.is_off() && one.second.known->applies;
    });
    return is_off && !needs_.state.services.is_switched_off(name);
}

// All services, in the order of the configuration. `keep`: a reload finds them in a file, and removes those that it
// does not find.
void ClientControl::add_all(const ClientPart& part, bool keep, std::vector<Service>& added) {
    const auto add = [&](const auto& services) {
        for (const auto& service : services) {
            added.push_back(needs_.offers.add(service, keep));
        }
    };
    add(part.services);
    add(part.http_services);
    add(part.tls_services);
    add(part.udp_services);
}

std::optional<SavedServices> ClientControl::kept() const {
    const MutexLock lock(needs_.state.mutex);
    const std::string file = needs_.state.kept_beside;
    return file.empty() ? std::nullopt : std::optional(SavedServices(file));
}

}  // namespace ferrotunnel::detail
