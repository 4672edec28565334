#include "api/service_entries.hpp"

#include <algorithm>
#include <set>

#include "api/engine_service.hpp"
#include "directory/http_description.hpp"
#include "settings/service.hpp"

namespace ferrotunnel::detail {

/// A service that is removed or changed; id 0: none.
struct ServiceEntries::Outgoing {
    std::uint32_t id = 0;
    ServiceEntry entry{};
};

namespace {

// What counts towards the limit of a session.
std::size_t bytes_of_rules(const backend::ClientService& service) {
    return service.http.rules.bytes() + wire::bytes_of(service.plugins);
}

HostClaims claims_of(const backend::ClientService& service) {
    directory::HttpDescription description;
    const bool http = service.kind == wire::ServiceKind::http;
    if ((!http && service.kind != wire::ServiceKind::tls) ||
        (http ? directory::read_http_part(service.http, description)
              : directory::read_tls_part(service.tls, description))) {
        return {};
    }
    HostClaims claims;
    for (const std::string& host : description.hosts) {
        claims.emplace_back(host, description.claimed_path());
    }
    return claims;
}

// Fills in the values of the service.
ServiceEntry described_by(const backend::ClientService& service, ServiceEntry entry) {
    entry.name = service.name;
    entry.state->set_checked(service.health != nullptr);
    entry.hosts = service.http.hosts.size() + service.tls.hosts.size();
    entry.rules = bytes_of_rules(service);
    entry.claims = claims_of(service);
    entry.kind = service.kind;
    entry.local = service.backend.text;
    entry.backend_tls = service.backend.tls;
    return entry;
}

}  // namespace

bool KnownService::is_off() const {
    return std::visit([](const auto& one) { return !one.enabled; }, description);
}

std::string KnownService::disabled_by() const {
    return std::visit([](const auto& one) { return one.disabled_by; }, description);
}

// --- the present services ---

ServiceEntry* ServiceEntries::find(std::uint32_t id) noexcept {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
}

std::vector<std::string> ServiceEntries::twins_of(std::string_view name) const {
    std::vector<std::string> twins;
    for (const auto& [id, entry] : entries_) {
        const Udp* udp = entry.known ? std::get_if<Udp>(&entry.known->description) : nullptr;
        if (udp != nullptr && udp->with_tcp == name) {
            twins.push_back(entry.name);
        }
    }
    return twins;
}

std::size_t ServiceEntries::count_pending() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        entries_, [](const auto& one) { return one.second.state->view().state == Service::State::pending; }));
}

std::size_t ServiceEntries::count_registered() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        entries_, [](const auto& one) { return one.second.state->view().state == Service::State::registered; }));
}

void ServiceEntries::set_pending() {
    for (const auto& [id, entry] : entries_) {
        entry.state->set_pending();
    }
}

// --- one by one ---

void ServiceEntries::check_room(const Map& entries, const backend::ClientService& service,
                                std::vector<Problem>& problems) {
    const HostClaims claims = claims_of(service);
    std::size_t hosts = service.http.hosts.size() + service.tls.hosts.size();
    std::size_t rules = bytes_of_rules(service);
    for (const auto& [id, entry] : entries) {
        if (entry.name == service.name) {
            // A service without a name is named after its host, so an equal name may mean an equal host.
            const bool hosts_too = !claims.empty() && std::ranges::find_first_of(claims, entry.claims) != claims.end();
            problems.push_back(
                {service.name, hosts_too ? "this client already has a service with the same host and path, and "
                                           "with that name"
                                         : "this client already has a service with that name"});
        }
        hosts += entry.hosts;
        rules += entry.rules;
    }
    if (hosts > limits::http_hosts_per_session_max) {
        problems.push_back(
            {service.name,
             "this client already has " + std::to_string(limits::http_hosts_per_session_max) + " hosts, the maximum"});
    }
    if (rules > limits::http_rules_bytes_per_session_max) {
        problems.push_back({service.name, "the rules and plugins of this client's services need more than " +
                                              std::to_string(limits::http_rules_bytes_per_session_max) + " bytes"});
    }
}

std::shared_ptr<ServiceState> ServiceEntries::prepare(backend::ClientService& service) {
    service.id = ++last_id_;
    service.row = needs_.row_of(service.name, service.kind);
    return needs_.new_state(service.name, service.id);
}

void ServiceEntries::add(const backend::ClientService& service, ServiceEntry entry) {
    entries_.emplace(service.id, described_by(service, std::move(entry)));
}

std::optional<std::string> ServiceEntries::remove(std::uint32_t id) {
    const auto found = entries_.find(id);
    if (found == entries_.end()) {
        return std::nullopt;
    }
    std::string name = std::move(found->second.name);
    off_.erase(name);
    entries_.erase(found);
    return name;
}

std::vector<ListenOperation*> ServiceEntries::take_waiting() {
    std::vector<ListenOperation*> waiting;
    for (auto& [id, entry] : entries_) {
        if (entry.waiting != nullptr) {
            waiting.push_back(std::exchange(entry.waiting, nullptr));
        }
    }
    return waiting;
}

// --- changes ---

// A service that was switched off, and is not kept off in a file, stays off.
void ServiceEntries::keep_off(AnyService& service) const {
    std::visit(
        [this](auto& description) {
            if (const auto off = off_.find(description.name); off != off_.end() && description.enabled) {
                description.enabled = false;
                description.disabled_by = off->second;
            }
        },
        service);
}

// The change of a service that is described again; adds it to `entries`.
ServiceChange ServiceEntries::change_of(const Outgoing& old, KnownService known, backend::ClientService service,
                                        std::uint32_t& next_id, Map& entries) const {
    using Kind = ServiceChange::Kind;
    ServiceChange change{Kind::added, old.id, std::move(service)};
    if (known.is_off()) {
        change.kind = Kind::off;
    } else if (old.id != 0 && !old.entry.is_off()) {
        std::vector<Problem> known_already;
        const backend::ClientService before = std::visit(
            [&](const auto& one) { return engine_service(one, false, known_already); }, old.entry.known->description);
        change.kind = same_for_server(before, change.service) ? Kind::rebound : Kind::replaced;
    }
    change.service.id = change.keeps_registration() ? old.id : ++next_id;
    change.service.row = needs_.row_of(change.service.name, change.service.kind);
    ServiceEntry entry;
    entry.state =
        change.keeps_registration() ? old.entry.state : needs_.new_state(change.service.name, change.service.id);
    entry = described_by(change.service, std::move(entry));
    if (change.kind == Kind::off) {
        entry.state->set_disabled();
    }
    entry.known = std::move(known);
    entries.emplace(change.service.id, std::move(entry));
    return change;
}

ServiceEntries::Plan ServiceEntries::plan(std::vector<AnyService> services, std::vector<Problem>& problems) const {
    Plan plan{entries_, {}};
    Map& entries = plan.entries;
    std::set<std::string> wanted;
    std::vector<std::pair<AnyService, backend::ClientService>> different;
    for (AnyService& any : services) {
        std::visit(
            [&](auto& description) {
                std::vector<Problem> found;
                check_service(description, false, found);
                keep_off(any);
                const bool is_same = std::ranges::any_of(entries, [&](const auto& entry) {
                    return entry.second.known && entry.second.known->applies && entry.second.known->description == any;
                });
                const bool is_first = wanted.insert(description.name).second;
                if (!is_same || !is_first) {
                    different.emplace_back(
                        any, found.empty() ? engine_service(description, false, found) : backend::ClientService());
                }
                problems.insert(problems.end(), found.begin(), found.end());
            },
            any);
    }
    if (!problems.empty()) {
        return plan;
    }
    std::map<std::string, Outgoing> outgoing;  // by name
    for (auto at = entries.begin(); at != entries.end();) {
        const bool is_changed =
            std::ranges::any_of(different, [&](const auto& one) { return one.second.name == at->second.name; });
        if (at->second.known && at->second.known->applies && (is_changed || !wanted.contains(at->second.name))) {
            if (!is_changed) {
                ServiceChange& removed = plan.changes.emplace_back();
                removed.kind = ServiceChange::Kind::removed;
                removed.old = at->first;
                removed.service.name = at->second.name;
            }
            outgoing.emplace(at->second.name, Outgoing{at->first, at->second});
            at = entries.erase(at);
        } else {
            ++at;
        }
    }
    std::uint32_t next_id = last_id_;
    for (auto& [description, service] : different) {
        check_room(entries, service, problems);
        const auto old = outgoing.find(service.name);
        plan.changes.push_back(change_of(old != outgoing.end() ? old->second : Outgoing(),
                                         KnownService{std::move(description), true}, std::move(service), next_id,
                                         entries));
    }
    return plan;
}

std::optional<ServiceEntries::Plan> ServiceEntries::plan_switch(const std::string& name, bool enabled,
                                                                const std::string& by, bool remembers) {
    const auto found = std::ranges::find_if(entries_, [&](const auto& entry) { return entry.second.name == name; });
    if (found == entries_.end() || !found->second.known) {
        return std::nullopt;
    }
    KnownService next = *found->second.known;
    if (enabled || !remembers) {
        off_.erase(name);
    } else {
        off_[name] = by;
    }
    std::vector<Problem> known_already;
    backend::ClientService service = std::visit(
        [&](auto& description) {
            description.enabled = enabled;
            description.disabled_by = enabled ? "" : by;
            return engine_service(description, false, known_already);
        },
        next.description);
    if (next.is_off() == found->second.is_off()) {
        found->second.known = std::move(next);  // another request has switched it off
        return Plan{entries_, {}};
    }
    Plan plan{entries_, {}};
    const Outgoing old{found->first, found->second};
    plan.entries.erase(old.id);
    std::uint32_t next_id = last_id_;
    plan.changes.push_back(change_of(old, std::move(next), std::move(service), next_id, plan.entries));
    return plan;
}

ServiceEntries::Outcome ServiceEntries::commit(Plan& plan) {
    using Kind = ServiceChange::Kind;
    entries_.swap(plan.entries);
    Outcome outcome;
    for (const ServiceChange& change : plan.changes) {
        if (change.old != 0 && !change.keeps_registration()) {
            const ServiceEntry& old = plan.entries.at(change.old);
            old.state->set_closed();
            if (!old.is_off()) {
                outcome.closed.push_back(old.name);
            }
        }
        if (change.kind == Kind::removed) {
            off_.erase(change.service.name);
            continue;
        }
        last_id_ = std::max(last_id_, change.service.id);
        if (!change.keeps_registration()) {
            outcome.added.push_back(entries_.at(change.service.id).state);
        }
    }
    return outcome;
}

}  // namespace ferrotunnel::detail
