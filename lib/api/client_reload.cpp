#include "api/client_reload.hpp"

#include <algorithm>
#include <utility>

#include "api/engine_settings.hpp"
#include "api/tls_settings.hpp"
#include "settings/file.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel::detail {

namespace {

constexpr const char* services_key = "client.services";
constexpr const char* visits_key = "client.visits";

using Told = ApplyReport::Change::Kind;

void report_settings(const std::vector<SettingChange>& changes, ApplyReport& report) {
    for (const SettingChange& change : changes) {
        if (change.key == visits_key) {
            continue;  // each is reported by itself
        }
        if (change.is_live) {
            report.applied.push_back({Told::changed, change.key});
        } else {
            report.needs_restart.push_back(change.key);
        }
    }
}

void report_visits(const std::vector<VisitChange>& changes, ApplyReport& report) {
    using Kind = VisitChange::Kind;
    for (const VisitChange& change : changes) {
        const Told told = change.kind == Kind::removed ? Told::removed
                          : change.kind == Kind::added ? Told::added
                                                       : Told::changed;
        report.applied.push_back({told, visits_key, change.visit.service});
    }
}

void report_services(const ServiceEntries::Plan& plan, ApplyReport& report) {
    using Kind = ServiceChange::Kind;
    for (const ServiceChange& change : plan.changes) {
        const Told told = change.kind == Kind::removed ? Told::removed : change.old == 0 ? Told::added : Told::changed;
        report.applied.push_back({told, services_key, change.service.name});
    }
    for (const auto& [id, entry] : plan.entries) {
        const bool is_changed =
            std::ranges::any_of(plan.changes, [id = id](const ServiceChange& one) { return one.service.id == id; });
        if (entry.known && entry.known->applies && !is_changed) {
            report.same.push_back(std::string(services_key) + ' ' + entry.name);
        }
    }
}

// Removals come first: a service may take the port or host that another one gives up.
void change_link(session::ClientLink& link, std::vector<ServiceChange> changes) {
    std::vector<session::ClientLink::Replacement> replacements;
    for (ServiceChange& change : changes) {
        if (change.kind == ServiceChange::Kind::removed || change.kind == ServiceChange::Kind::off) {
            link.remove(change.old);  // which it may not have
        } else if (change.kind == ServiceChange::Kind::replaced) {
            replacements.push_back({change.old, std::move(change.service)});
        }
    }
    link.replace(std::move(replacements));
    for (ServiceChange& change : changes) {
        if (change.kind == ServiceChange::Kind::added) {
            link.add(std::move(change.service));
        } else if (change.kind == ServiceChange::Kind::rebound) {
            link.set_backend(std::move(change.service));
        }
    }
}

}  // namespace

ApplyReport ClientReload::apply(ClientSettings&& next, std::vector<AnyService> services, bool really) {
    ApplyReport report;
    const MutexLock applying(applying_);
    report.problems = problems_of(next);
    try_tls(next, report.problems);
    const std::vector<SettingChange> changes = changes_between<ClientValues>("client", needs_.settings, next);
    ClientSettings mixed = needs_.settings;
    copy_live<ClientValues>(mixed, next);
    if (report.ok()) {
        report.problems = problems_of(mixed);
    }
    const MutexLock lock(needs_.state.mutex);
    needs_.state.status.check_open("apply settings");
    ServiceEntries::Plan plan = needs_.state.services.plan(std::move(services), report.problems);
    std::vector<VisitChange> visit_changes;
    if (report.ok()) {
        visit_changes = needs_.state.visits.plan(next.visits, needs_.state.shares_addresses, report.problems);
        locate(report.problems, next);
    }
    if (!report.ok()) {
        return report;
    }
    report_settings(changes, report);
    report_visits(visit_changes, report);
    report_services(plan, report);
    if (!really) {
        return report;
    }
    apply_settings(next);
    needs_.visits.commit(std::move(visit_changes), true);
    if (has_changed(changes, "client.token")) {
        needs_.settings.token = next.token;
        needs_.link.post([token = engine_token(next.token)](session::ClientLink& link) mutable noexcept {
            link.set_token(std::move(token));
        });
    }
    if (!plan.changes.empty()) {
        commit(std::move(plan), report);
    }
    return report;
}

void ClientReload::apply_settings(const ClientSettings& next) {
    needs_.log.set_level(next.log_level);
    needs_.settings.log_level = next.log_level;
    needs_.settings.allow_weak_token = next.allow_weak_token;
    needs_.settings.visits = next.visits;
    needs_.settings.managed = next.managed;
    needs_.managed_changed();
}

// Cannot fail; nothing has changed since the plan. The caller holds the lock.
void ClientReload::commit(ServiceEntries::Plan plan, ApplyReport& report) {
    needs_.state.mutex.assert_locked();
    ServiceEntries::Outcome outcome = needs_.state.services.commit(plan);
    for (const ServiceChange& change : plan.changes) {
        if (change.kind != ServiceChange::Kind::removed) {
            needs_.offers.log_backend(change.service);
        }
    }
    for (std::shared_ptr<ServiceState>& state : outcome.added) {
        report.services.emplace_back(std::move(state));
    }
    std::vector<Event> closed;
    for (std::string& name : outcome.closed) {
        Event& event = closed.emplace_back();
        event.kind = Event::Kind::unregistered;
        event.peer = needs_.settings.servers.front();
        event.service = std::move(name);
    }
    needs_.state.changed.notify_all();
    needs_.link.post([&events = needs_.events, changes = std::move(plan.changes),
                      closed = std::move(closed)](session::ClientLink& link) mutable noexcept {
        change_link(link, std::move(changes));
        for (Event& event : closed) {
            events.deliver(std::move(event));
        }
    });
}

bool ClientReload::set_enabled(const std::string& name, bool enabled, const std::string& by, bool remembers) {
    const MutexLock lock(needs_.state.mutex);
    needs_.state.status.check_open("apply settings");
    for (const std::string& twin : needs_.state.services.twins_of(name)) {
        (void)set_one_enabled(twin, enabled, by, remembers);
    }
    return set_one_enabled(name, enabled, by, remembers);
}

// The caller holds the lock.
bool ClientReload::set_one_enabled(const std::string& name, bool enabled, const std::string& by, bool remembers) {
    needs_.state.mutex.assert_locked();
    std::optional<ServiceEntries::Plan> plan = needs_.state.services.plan_switch(name, enabled, by, remembers);
    if (plan && !plan->changes.empty()) {
        ApplyReport report;
        commit(std::move(*plan), report);
    }
    return plan.has_value();
}

}  // namespace ferrotunnel::detail
