#include "session/service_replies.hpp"

#include <utility>
#include <vector>

#include "base/text.hpp"
#include "session/offered_hosts.hpp"
#include "session/public_address.hpp"
#include "session/session_audit.hpp"
#include "session/session_notices.hpp"

namespace ferrotunnel::session {

using wire::Code;

void ServiceReplies::confirm(std::uint32_t request, SessionService& service) {
    answer(request, service);
    publish(service);
}

void ServiceReplies::answer(std::uint32_t request, SessionService& service) {
    const wire::RegisteredService registered = registered_as(*needs_.at.shared, service);
    service.address = registered.address;
    service.not_at = registered.not_at;
    for (const wire::ControlPayload& payload : wire::encode_registered(request, {&registered, 1})) {
        needs_.send(payload);
    }
    if (needs_.plugins != nullptr) {
        needs_.plugins->confirmed(registered.id, registered);
    }
}

void ServiceReplies::publish(SessionService& service) {
    const ServerShared& shared = *needs_.at.shared;
    const SessionFacts& facts = needs_.at.facts;
    const std::string address = registered_as(shared, service).address;
    std::string name = printable(service.description.name, 64);
    const auto row = shared.services->row({name, facts.token_name, address});
    service.meter = row->meter(&needs_.at.worker);
    service.row = row;
    service.ranks = make_intrusive<VisitorRanks>(row, row->number_of(&needs_.at.worker));
    if (service.http) {
        service.http->count_in(row);
    }
    bool is_retired = false;
    needs_.view.change([&](SessionView& view) {
        view.services.push_back({service.description.id, service.description.kind, name, address, service.port(),
                                 service.traffic, service.http, row, !service.health.healthy});
        view.services.back().group = service.description.group.name;
        view.services.back().member = needs_.kinds.of(service).member_of(service);
        is_retired = view.retired;
    });
    service.named = shared.named->add(facts.client.first, facts.agreement.peer_name,
                                      {needs_.session(), service.description.id, service.description.kind, name});
    if (service.named && is_retired) {
        service.named->set_outgoing();
    }
    reserve_names(needs_.at, service, Duration::zero());
    report_readiness(service);
    log_reachable(service, address);
}

void ServiceReplies::log_reachable(const SessionService& service, const std::string& address) {
    const ServerShared& shared = *needs_.at.shared;
    const SessionFacts& facts = needs_.at.facts;
    const std::string name = printable(service.description.name, 64);
    if (!service.opened) {
        shared.log->debug("another tunnel connection carries a service",
                          {{"session", facts.agreement.session}, {"service", name}, {"endpoint", address}});
        return;
    }
    static constexpr LogCategory services{"services", limits::client_lines_per_second};
    const bool may_log = shared.log->may_write(LogLevel::info, services, needs_.at.worker.now());
    if (may_log && service.asked) {
        shared.log->info("a service is reachable, with the plugins that its client requests",
                         {{"session", facts.agreement.session},
                          {"client", facts.agreement.peer_name},
                          {"token", facts.token_name},
                          {"service", name},
                          {"endpoint", address},
                          {"plugins", service.asked->names()}});
    } else if (may_log) {
        shared.log->info("a service is reachable", {{"session", facts.agreement.session},
                                                    {"client", facts.agreement.peer_name},
                                                    {"token", facts.token_name},
                                                    {"service", name},
                                                    {"endpoint", address}});
    }
    audit_service(needs_.at, service.description, address);
    notify(needs_.at, ServerNotice::Kind::registered, {name, service.description.kind, address}, Code::none, {});
}

void ServiceReplies::announce() {
    std::vector<wire::RegisteredService> changed;
    for (auto& [id, service] : needs_.table.all()) {
        if (service.address.empty()) {
            continue;
        }
        wire::RegisteredService registered = registered_as(*needs_.at.shared, service);
        if (service.description.kind != wire::ServiceKind::http) {
            if (std::exchange(service.not_at, registered.not_at) != registered.not_at) {
                log_partial(service);
                changed.push_back(std::move(registered));
            }
            continue;
        }
        if (registered.address == service.address) {
            continue;
        }
        service.address = registered.address;
        if (service.row) {  // otherwise it is not published yet
            needs_.view.change([&registered](SessionView& view) {
                for (SessionView::Service& shown : view.services) {
                    shown.endpoint = shown.id == registered.id ? registered.address : shown.endpoint;
                }
            });
            log_reachable(service, service.address);
        }
        changed.push_back(std::move(registered));
    }
    if ((needs_.at.facts.agreement.features & wire::feature::addresses) != 0) {
        for (const wire::ControlPayload& payload : wire::encode_registered(wire::no_request, changed)) {
            needs_.send(payload);
        }
    }
}

void ServiceReplies::log_partial(const SessionService& service) const {
    static constexpr LogCategory partial{"partial ports"};
    Logger& log = *needs_.at.shared->log;
    if (service.row && log.may_write(LogLevel::warn, partial, needs_.at.worker.now())) {
        log.warn(service.not_at.empty() ? "a public port can be reached at all members of the cluster again"
                                        : "a public port cannot be reached at all members of the cluster",
                 {{"service", printable(service.description.name, 64)},
                  {"client", needs_.at.facts.agreement.peer_name},
                  {"endpoint", service.address},
                  {"not_at", service.not_at}});
    }
}

void ServiceReplies::report_hosts() const {
    for (const auto& [id, service] : needs_.table.all()) {
        report_offered_hosts(*needs_.at.shared, service, needs_.at.facts.token_name);
    }
}

void ServiceReplies::refuse(std::uint32_t id, const directory::Refusal& refusal) {
    const wire::Service description = needs_.table.erase(id);
    report_refusal(description, refusal);
}

void ServiceReplies::revoke(std::uint32_t id, const directory::Refusal& refusal) {
    SessionService& service = needs_.table.at(id);
    const wire::Service description = service.description;
    reserve_names(needs_.at, service, Duration::zero());  // rights may have changed
    needs_.table.leave(service);
    needs_.table.forget(id);
    report_refusal(description, refusal);
}

void ServiceReplies::report_refusal(const wire::Service& description, const directory::Refusal& refusal) {
    const ServerShared& shared = *needs_.at.shared;
    if (needs_.plugins != nullptr && !needs_.table.contains(description.id)) {
        needs_.plugins->left(description.id);
    }
    const std::string name = printable(description.name, 64);
    needs_.send(wire::encode_control(wire::Refused{description.id, refusal.code, refusal.text}));
    if (shared.registry->refuse_ended(needs_.at.facts.key, description.id)) {
        return;  // the client itself has unregistered the service
    }
    audit_refused_service(needs_.at, description, refusal);
    const TimePoint now = needs_.at.worker.now();
    static constexpr LogCategory refused_services{"refused_services", limits::refusal_events_per_second};
    if (shared.log->may_write(LogLevel::warn, refused_services, now)) {
        shared.log->warn("a service was refused", {{"session", needs_.at.facts.agreement.session},
                                                   {"peer", needs_.at.facts.peer.text()},
                                                   {"client", needs_.at.facts.agreement.peer_name},
                                                   {"token", needs_.at.facts.token_name},
                                                   {"service", name},
                                                   {"code", wire::name_of(refusal.code)},
                                                   {"why", refusal.text}});
    }
    if (refusals_.may_report(now)) {
        notify(needs_.at, ServerNotice::Kind::refused, {name, description.kind}, refusal.code, refusal.text);
    }
}

}  // namespace ferrotunnel::session
