// Changes of a Client while it runs: its services are compared with those that it is to have, and only what differs is
// touched (visits: client_visits.cpp).
//
//   same name, same description            untouched
//   same name, only the backend differs    keeps its id, its place and its visitors; new visitors go to the new backend
//   same name, anything else differs       taken off and registered again, in one go
//   same name, switched off                taken off; it stays known, and its visitors finish
//   same name, switched on                 registered again
#include <algorithm>
#include <set>
#include <utility>

#include "api/builder_access.hpp"
#include "api/client_impl.hpp"
#include "api/engine_settings.hpp"
#include "api/make_facade.hpp"
#include "api/tls_settings.hpp"
#include "base/mutex.hpp"
#include "ferrotunnel/config.hpp"
#include "settings/changes.hpp"
#include "settings/file.hpp"

namespace ferrotunnel {

using detail::ServiceState;

/// What becomes of a service.
struct Client::Impl::ServiceChange {
    enum class Kind : std::uint8_t { added, removed, rebound, replaced, off } kind = Kind::added;
    std::uint32_t old = 0;  // the id of the one that is there; 0: there is none
    backend::ClientService service{};
};

/// A service that goes or changes; id 0: there is none.
struct Client::Impl::Outgoing {
    std::uint32_t id = 0;
    Entry entry{};
};

namespace {

constexpr const char* services_key = "client.services";

// Of checks, the server is told that there are some, and what is to be done while no backend is healthy.
bool same_health_for_server(const backend::ClientService& a, const backend::ClientService& b) {
    const bool are_checked = a.health && b.health;
    return are_checked ? a.health->try_when_all_unhealthy == b.health->try_when_all_unhealthy : a.health == b.health;
}

// Whether the server would be told the same of both.
bool same_for_server(const backend::ClientService& a, const backend::ClientService& b) {
    return a.kind == b.kind && a.remote_port == b.remote_port && a.http == b.http && a.tls == b.tls &&
           a.udp_idle == b.udp_idle && a.bind == b.bind && a.with == b.with && a.plugins == b.plugins &&
           a.token == b.token && a.group == b.group && same_health_for_server(a, b);
}

void tell_settings(const std::vector<detail::SettingChange>& changes, ApplyReport& report) {
    for (const detail::SettingChange& change : changes) {
        if (change.key == "client.visits") {
            continue;  // each is told by itself
        }
        if (change.is_live) {
            report.applied.push_back({ApplyReport::Change::Kind::changed, change.key});
        } else {
            report.needs_restart.push_back(change.key);
        }
    }
}

}  // namespace

bool Client::Impl::Known::is_off() const {
    return std::visit([](const auto& one) { return !one.enabled; }, description);
}

// What was switched off without being kept in a file stays off.
void Client::Impl::keep_off(AnyService& service) const {
    std::visit(
        [this](auto& description) REQUIRES(mutex_) {
            if (const auto off = off_.find(description.name); off != off_.end() && description.enabled) {
                description.enabled = false;
                description.disabled_by = off->second;
            }
        },
        service);
}

// What becomes of a service that is described again; puts it into `entries`.
Client::Impl::ServiceChange Client::Impl::change_of(const Outgoing& old, Known known, backend::ClientService service,
                                                    std::uint32_t& next_id, Entries& entries) {
    using Kind = ServiceChange::Kind;
    ServiceChange change{Kind::added, old.id, std::move(service)};
    if (known.is_off()) {
        change.kind = Kind::off;
    } else if (old.id != 0 && !old.entry.is_off()) {
        std::vector<Problem> known_already;
        const backend::ClientService before = std::visit(
            [&](const auto& one) { return described(one, false, known_already); }, old.entry.known->description);
        change.kind = same_for_server(before, change.service) ? Kind::rebound : Kind::replaced;
    }
    const bool stays = change.kind == Kind::rebound;
    change.service.id = stays ? old.id : ++next_id;
    change.service.row = row_of(change.service.name, change.service.kind);
    Entry entry = entry_of(change.service, stays ? old.entry.state : new_state(change.service.name, change.service.id));
    if (change.kind == Kind::off) {
        entry.state->set_disabled();
    }
    entry.known = std::move(known);
    entries.emplace(change.service.id, std::move(entry));
    return change;
}

// Finds out what is to be done, and makes `entries` what there will be.
std::vector<Client::Impl::ServiceChange> Client::Impl::changes_to(std::vector<AnyService> services, Entries& entries,
                                                                  std::vector<Problem>& problems) {
    using Kind = ServiceChange::Kind;
    std::vector<ServiceChange> changes;
    std::set<std::string> wanted;
    std::vector<std::pair<AnyService, backend::ClientService>> described_anew;
    for (AnyService& any : services) {
        std::visit(
            [&](auto& description) REQUIRES(mutex_) {
                std::vector<Problem> found;
                detail::check_service(description, false, found);
                keep_off(any);
                const bool is_same = std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
                    return entry.second.known && entry.second.known->applies && entry.second.known->description == any;
                });
                const bool is_first = wanted.insert(description.name).second;
                if (!is_same || !is_first) {
                    described_anew.emplace_back(
                        any, found.empty() ? described(description, false, found) : backend::ClientService());
                }
                problems.insert(problems.end(), found.begin(), found.end());
            },
            any);
    }
    if (!problems.empty()) {
        return changes;
    }
    std::map<std::string, Outgoing> outgoing;  // of those that go or change, by name
    for (auto at = entries.begin(); at != entries.end();) {
        const bool changes_too = std::any_of(described_anew.begin(), described_anew.end(),
                                             [&](const auto& one) { return one.second.name == at->second.name; });
        if (at->second.known && at->second.known->applies && (changes_too || !wanted.contains(at->second.name))) {
            if (!changes_too) {
                ServiceChange& removed = changes.emplace_back();
                removed.kind = Kind::removed;
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
    for (auto& [description, service] : described_anew) {
        check_room(entries, service, claims_of(service), problems);
        const auto old = outgoing.find(service.name);
        changes.push_back(change_of(old != outgoing.end() ? old->second : Outgoing(),
                                    Known{std::move(description), true}, std::move(service), next_id, entries));
    }
    return changes;
}

// Nothing of this fails, and nothing has changed since changes_to().
void Client::Impl::make_changes(std::vector<ServiceChange> changes, Entries&& entries, ApplyReport& report) {
    using Kind = ServiceChange::Kind;
    services_.swap(entries);
    std::vector<Event> closed;
    for (const ServiceChange& change : changes) {
        if (change.old != 0 && change.kind != Kind::rebound) {
            const Entry& old = entries.at(change.old);
            old.state->set_closed();
            if (!old.is_off()) {
                Event& event = closed.emplace_back();
                event.kind = Event::Kind::unregistered;
                event.peer = settings_.server;
                event.service = old.name;
            }
        }
        if (change.kind == Kind::removed) {
            off_.erase(change.service.name);
        }
        if (change.kind != Kind::removed) {
            last_id_ = std::max(last_id_, change.service.id);
            tell_of_backend(change.service);
        }
        if (change.kind != Kind::removed && change.kind != Kind::rebound) {
            report.services.emplace_back(services_.at(change.service.id).state);
        }
    }
    changed_.notify_all();
    worker_.post([this, changes = std::move(changes), closed = std::move(closed)]() mutable noexcept {
        change_link(std::move(changes));
        for (Event& event : closed) {
            events_.tell(std::move(event));
        }
    });
}

// What goes is taken off before anything comes: a service may take the port or host that another one gives up.
void Client::Impl::change_link(std::vector<ServiceChange> changes) {
    std::vector<session::ClientLink::Replacement> replacements;
    for (ServiceChange& change : changes) {
        if (change.kind == ServiceChange::Kind::removed || change.kind == ServiceChange::Kind::off) {
            link_->remove(change.old);  // which it may not have
        } else if (change.kind == ServiceChange::Kind::replaced) {
            replacements.push_back({change.old, std::move(change.service)});
        }
    }
    link_->replace(std::move(replacements));
    for (ServiceChange& change : changes) {
        if (change.kind == ServiceChange::Kind::added) {
            link_->add(std::move(change.service));
        } else if (change.kind == ServiceChange::Kind::rebound) {
            link_->set_backend(std::move(change.service));
        }
    }
}

// `entries`: what there will be.
void Client::Impl::tell_services(const std::vector<ServiceChange>& changes, const Entries& entries,
                                 ApplyReport& report) {
    using Kind = ServiceChange::Kind;
    using Told = ApplyReport::Change::Kind;
    for (const ServiceChange& change : changes) {
        const Told told = change.kind == Kind::removed ? Told::removed : change.old == 0 ? Told::added : Told::changed;
        report.applied.push_back({told, services_key, change.service.name});
    }
    for (const auto& [id, entry] : entries) {
        const bool changes_too =
            std::ranges::any_of(changes, [id = id](const ServiceChange& one) { return one.service.id == id; });
        if (entry.known && entry.known->applies && !changes_too) {
            report.same.push_back(std::string(services_key) + ' ' + entry.name);
        }
    }
}

void Client::Impl::refuse_if_ended() const {
    if (closed_ || stopped_ || stop_error_) {
        throw std::system_error(stop_error_ ? stop_error_ : make_error_code(errc::session_closed), "apply settings");
    }
}

ApplyReport Client::Impl::apply(detail::ClientSettings&& next, std::vector<AnyService> services, bool really) {
    ApplyReport report;
    const MutexLock applying(apply_mutex_);
    report.problems = detail::problems_of(next);
    detail::try_tls(next, report.problems);
    const std::vector<detail::SettingChange> changes =
        detail::changes_between<detail::ClientValues>("client", settings_, next);
    detail::ClientSettings mixed = settings_;
    detail::take_live<detail::ClientValues>(mixed, next);
    if (report.ok()) {
        report.problems = detail::problems_of(mixed);
    }
    const MutexLock lock(mutex_);
    refuse_if_ended();
    Entries entries = services_;
    std::vector<ServiceChange> service_changes = changes_to(std::move(services), entries, report.problems);
    std::vector<VisitChange> visit_changes;
    if (report.ok()) {
        visit_changes = changes_to(next.visits, report.problems);
        detail::locate(report.problems, next);
    }
    if (!report.ok()) {
        return report;
    }
    tell_settings(changes, report);
    tell_visits(visit_changes, report);
    tell_services(service_changes, entries, report);
    if (!really) {
        return report;
    }
    log_.set_level(next.log_level);
    settings_.log_level = next.log_level;
    settings_.allow_weak_token = next.allow_weak_token;
    settings_.visits = next.visits;
    settings_.managed = next.managed;
    take_managed();
    make_changes(visit_changes, true);
    if (detail::has_changed(changes, "client.token")) {
        settings_.token = next.token;
        worker_.post([this, token = detail::engine_token(next.token)]() mutable noexcept {
            link_->set_token(std::move(token));
        });
    }
    if (!service_changes.empty()) {
        make_changes(std::move(service_changes), std::move(entries), report);
    }
    return report;
}

// The services that are there only with this one.
std::vector<std::string> Client::Impl::twins_of(const std::string& name) const {
    std::vector<std::string> twins;
    for (const auto& [id, entry] : services_) {
        const Udp* udp = entry.known ? std::get_if<Udp>(&entry.known->description) : nullptr;
        if (udp != nullptr && udp->with_tcp == name) {
            twins.push_back(entry.name);
        }
    }
    return twins;
}

bool Client::Impl::set_enabled(const std::string& name, bool enabled, const std::string& by, bool remembers) {
    const MutexLock lock(mutex_);
    refuse_if_ended();
    for (const std::string& twin : twins_of(name)) {
        (void)set_one_enabled(twin, enabled, by, remembers);
    }
    return set_one_enabled(name, enabled, by, remembers);
}

bool Client::Impl::set_one_enabled(const std::string& name, bool enabled, const std::string& by, bool remembers) {
    const auto found = std::ranges::find_if(services_, [&](const auto& entry) { return entry.second.name == name; });
    if (found == services_.end() || !found->second.known) {
        return false;
    }
    Known next = *found->second.known;
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
            return described(description, false, known_already);
        },
        next.description);
    if (next.is_off() == found->second.is_off()) {
        found->second.known = std::move(next);  // another has switched it off
        return true;
    }
    Entries entries = services_;
    const Outgoing old{found->first, found->second};
    entries.erase(old.id);
    std::uint32_t next_id = last_id_;
    std::vector<ServiceChange> changes;
    changes.push_back(change_of(old, std::move(next), std::move(service), next_id, entries));
    ApplyReport report;
    make_changes(std::move(changes), std::move(entries), report);
    return true;
}

// --- the facade ---

bool Client::set_enabled(const std::string& service, bool enabled, const std::string& by) {
    return detail::engine_of(impl_, "Client").set_enabled(service, enabled, by, true);
}

ApplyReport Client::apply(Builder builder, std::vector<AnyService> services) {
    return detail::engine_of(impl_, "Client")
        .apply(std::move(detail::BuilderAccess::settings_of(builder)), std::move(services), true);
}

ApplyReport Client::check(const Builder& builder, std::vector<AnyService> services) const {
    detail::ClientSettings settings = detail::BuilderAccess::settings_of(builder);
    return detail::engine_of(impl_, "Client").apply(std::move(settings), std::move(services), false);
}

ApplyReport Client::apply(const Config& config) {
    std::vector<AnyService> services;
    if (const auto& part = config.contents().values.client) {
        services.insert(services.end(), part->services.begin(), part->services.end());
        services.insert(services.end(), part->http_services.begin(), part->http_services.end());
        services.insert(services.end(), part->tls_services.begin(), part->tls_services.end());
        services.insert(services.end(), part->udp_services.begin(), part->udp_services.end());
    }
    return apply(config.client(), std::move(services));
}

}  // namespace ferrotunnel
