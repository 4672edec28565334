#include "session/client_registration.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "net/shown_address.hpp"
#include "session/registration_request.hpp"

namespace ferrotunnel::session {

namespace {

constexpr LogCategory service_lines{"services", limits::client_lines_per_second};

// The shortest time before a rejected service is requested again, however soon the client reconnects after a loss.
constexpr Duration refused_again_first = std::chrono::seconds(1);

Backoff::Settings for_refused(const Backoff::Settings& settings) {
    return {std::max(settings.first, refused_again_first), std::max(settings.max, refused_again_first),
            settings.lived_long};
}

// What a service inherits from the one that it replaces.
OfferedService inherited_from(const OfferedService& before, const backend::ClientService& service) {
    OfferedService inherited;
    if (before.service->kind == service.kind && before.service->is_assigned() && service.is_assigned()) {
        inherited.assigned_port = before.assigned_port;
        inherited.assigned_host = before.assigned_host;
    }
    if (before.service->health && service.health) {
        inherited.is_checked = before.is_checked;
        inherited.healthy = before.healthy;
        inherited.why_unhealthy = before.why_unhealthy;
    }
    return inherited;
}

}  // namespace

ClientRegistration::ClientRegistration(Needs needs, const Backoff::Settings& backoff)
    : needs_(std::move(needs)),
      refused_backoff_(*needs_.at.shared->random, for_refused(backoff)),
      refused_timer_(needs_.at.worker, [this] { retry_refused(); }) {}

// --- the services ---

void ClientRegistration::add(backend::ClientService service) {
    insert(std::move(service), {});
}

void ClientRegistration::insert(backend::ClientService service, OfferedService inherited) {
    OfferedService& offered = needs_.services.add(std::move(service), std::move(inherited));
    needs_.watch_health(offered);
    register_first(offered);
}

void ClientRegistration::remove(std::uint32_t id) {
    if (needs_.services.erase(id)) {
        unregister(id);
    }
}

void ClientRegistration::set_backend(backend::ClientService service) {
    if (OfferedService* const offered = needs_.services.find(service.id)) {
        needs_.services.change(*offered, std::move(service));
        needs_.watch_health(*offered);
    }
}

void ClientRegistration::replace(std::vector<ServiceReplacement> replacements) {
    std::vector<OfferedService> inherited;
    for (const ServiceReplacement& each : replacements) {
        const OfferedService* const before = needs_.services.find(each.old);
        inherited.push_back(before != nullptr ? inherited_from(*before, each.service) : OfferedService());
        remove(each.old);
    }
    for (std::size_t i = 0; i < replacements.size(); ++i) {
        insert(std::move(replacements[i].service), std::move(inherited[i]));
    }
}

// Also for trunks without the service: without the message, they would keep an id that has ended on another trunk.
void ClientRegistration::unregister(std::uint32_t id) {
    wire::Unregister message;
    message.ids.push_back(id);
    for (std::size_t place = 0; place < needs_.at.trunks.size(); ++place) {
        needs_.send_to_all(place, wire::encode_control(message));
    }
    needs_.at.shared->self_loop_detector->set_public_port(id, 0);
}

// --- requests ---

// Services that request something by name go first: the server assigns the rest to those that accept anything.
void ClientRegistration::request(std::size_t place, std::vector<OfferedService*> wanted) {
    std::erase_if(wanted, [&](const OfferedService* offered) {
        return needs_.services.waits_for_twin(place, *offered) || offered->waits_for_check();
    });
    if (wanted.empty()) {
        return;
    }
    std::stable_partition(wanted.begin(), wanted.end(),
                          [](const OfferedService* one) { return !one->service->is_assigned(); });
    std::vector<wire::Service> services;
    for (OfferedService* offered : wanted) {
        offered->on[place] = TrunkRegistration::requested;
        // Its twin may have been registered first, and have its number already.
        if (const OfferedService* const twin =
                offered->service->with.empty() ? nullptr : needs_.services.twin_of(*offered->service)) {
            offered->assigned_port = twin->port;
        }
        Result<wire::Service, const char*> described = registration_of(*offered, needs_.at.trunks.at(place));
        if (described) {
            services.push_back(std::move(*described));
        } else {
            refuse_here(place, offered->service->id, described.error());
        }
    }
    needs_.send(place, wire::encode_register(++request_, services));
}

// In a later round, like a rejection by the server.
void ClientRegistration::refuse_here(std::size_t place, std::uint32_t id, const char* why) {
    needs_.at.worker.post([this, place, id, why] { on_refused(place, {id, wire::Code::unsupported, why}); });
}

void ClientRegistration::register_first(OfferedService& offered) {
    if (const auto place = needs_.at.trunks.first_open(); place && is_running(needs_.at.phase)) {
        request(*place, {&offered});
    }
}

void ClientRegistration::register_all(std::size_t place) {
    bool is_only = true;
    for (std::size_t other = 0; other < needs_.at.trunks.size(); ++other) {
        is_only = is_only && (other == place || !needs_.at.trunks.at(other).accepts_visitors());
    }
    std::vector<OfferedService*> wanted;
    for (auto& [id, offered] : needs_.services.all()) {
        const bool is_due = !offered.is(TrunkRegistration::requested) && (is_only || !offered.refused);
        if (offered.is(TrunkRegistration::registered) || is_due) {
            wanted.push_back(&offered);
        }
    }
    request(place, std::move(wanted));
}

void ClientRegistration::register_lost() {
    const std::optional<std::size_t> place = needs_.at.trunks.first_open();
    std::vector<OfferedService*> wanted;
    for (auto& [id, offered] : needs_.services.all()) {
        if (!offered.is(TrunkRegistration::registered) && !offered.is(TrunkRegistration::requested) &&
            !offered.refused && place) {
            wanted.push_back(&offered);
        }
    }
    if (!wanted.empty()) {
        request(*place, wanted);
    }
    for (OfferedService* offered : wanted) {
        if (offered->is_reported) {
            offered->is_reported = false;
            offered->endpoint.clear();
            needs_.at.notify({.kind = LinkNotice::Kind::unreachable, .service = offered->service->id});
        }
    }
    report_other_endpoints();
}

void ClientRegistration::report_other_endpoints() {
    std::vector<OfferedService*> moved;
    for (auto& [id, offered] : needs_.services.all()) {
        if (offered.is_reported && !offered.other_endpoint.empty() &&
            !offered.is_registered_at(offered.endpoint_side, needs_.at.trunks) &&
            offered.is_registered_at(1 - offered.endpoint_side, needs_.at.trunks)) {
            moved.push_back(&offered);
        }
    }
    for (OfferedService* const offered : moved) {
        const std::size_t place = (1 - offered->endpoint_side) * needs_.at.trunks.per_side();
        report_endpoint(place, *offered, std::exchange(offered->other_endpoint, {}), offered->port);
    }
}

void ClientRegistration::lose_all() noexcept {
    for (auto& [id, offered] : needs_.services.all()) {
        offered.is_reported = false;
        offered.endpoint.clear();
        offered.other_endpoint.clear();
    }
}

void ClientRegistration::retry_refused() {
    if (!is_running(needs_.at.phase)) {
        return;
    }
    for (std::size_t place = 0; place < needs_.at.trunks.size(); ++place) {
        if (!needs_.at.trunks.at(place).is_open()) {
            continue;
        }
        const std::optional<std::size_t> first = needs_.at.trunks.first_open(needs_.at.trunks.side_of(place));
        std::vector<OfferedService*> wanted;
        for (auto& [id, offered] : needs_.services.all()) {
            // If no trunk carries the service, it is enough to request it on one to each server.
            const bool again =
                offered.on[place] == TrunkRegistration::refused && offered.is(TrunkRegistration::registered);
            const bool retries = offered.refused && !offered.is(TrunkRegistration::registered) &&
                                 !offered.is(TrunkRegistration::requested);
            if (again || (retries && place == first)) {
                wanted.push_back(&offered);
            }
        }
        if (!wanted.empty()) {
            request(place, std::move(wanted));
        }
    }
}

// --- answers ---

void ClientRegistration::on_registered(std::size_t place, const wire::RegisteredService& answer) {
    OfferedService* const offered = needs_.services.find(answer.id);
    if (offered == nullptr) {
        return;  // removed meanwhile
    }
    offered->on[place] = TrunkRegistration::registered;
    needs_.send_health(place, *offered);
    offered->port = answer.port;
    if (offered->service->kind != wire::ServiceKind::http) {  // for HTTP the edge finds loops, by Via
        needs_.at.shared->self_loop_detector->set_public_port(answer.id, answer.port);
    }
    if (offered->service->kind == wire::ServiceKind::http) {
        offered->assigned_host = answer.host.empty() ? offered->assigned_host : answer.host;
    } else if (offered->service->is_assigned()) {
        offered->assigned_port = answer.port;
    }
    const bool is_noted =
        has_users_address(place, *offered) && std::exchange(offered->not_at, answer.not_at) != answer.not_at;
    const std::string endpoint = endpoint_of(place, answer);
    OfferedService* const twin = needs_.services.twin_of(*offered->service);
    if (twin != nullptr && twin->on[place] != TrunkRegistration::registered) {
        offered->awaited_endpoint = endpoint;
        twin->assigned_port = answer.port;
        request(place, {twin});
        return;
    }
    if (twin != nullptr) {
        report_registered(place, *twin, std::exchange(twin->awaited_endpoint, {}), answer.port);
    }
    if (is_noted && offered->is_reported && offered->endpoint == endpoint) {
        report_note(*offered);
    }
    report_registered(place, *offered, endpoint, answer.port);
}

// A server that listens on all addresses, and does not know its name, gets the name that this client uses for it.
std::string ClientRegistration::endpoint_of(std::size_t place, const wire::RegisteredService& answer) const {
    return net::with_host_for_any(answer.address, needs_.at.trunks.at(place).server.host);
}

// The service is registered on a trunk, and so is its twin if it has one.
void ClientRegistration::report_registered(std::size_t place, OfferedService& offered, const std::string& endpoint,
                                           std::uint16_t port) {
    if (std::exchange(offered.refused, false)) {
        refused_backoff_.start_over();
    }
    for (std::size_t other = 0; other < needs_.at.trunks.size(); ++other) {
        // While the link drains, its trunks have announced that they accept no new visitors.
        if (is_running(needs_.at.phase) && needs_.at.trunks.at(other).is_open() &&
            offered.on[other] == TrunkRegistration::unregistered) {
            request(other, {&offered});
        }
    }
    report_endpoint(place, offered, endpoint, port);
}

// The user has one address: that at the server that was first, as long as the service is there.
bool ClientRegistration::has_users_address(std::size_t place, const OfferedService& offered) const {
    return !offered.is_reported || needs_.at.trunks.side_of(place) == offered.endpoint_side ||
           !offered.is_registered_at(offered.endpoint_side, needs_.at.trunks);
}

void ClientRegistration::report_endpoint(std::size_t place, OfferedService& offered, const std::string& endpoint,
                                         std::uint16_t port) {
    if (!has_users_address(place, offered)) {
        offered.other_endpoint = endpoint;
        return;
    }
    offered.endpoint_side = needs_.at.trunks.side_of(place);
    offered.other_endpoint.clear();
    if (offered.is_reported && (offered.endpoint == endpoint || endpoint.empty())) {
        return;  // only another trunk, or a fresh session
    }
    offered.is_reported = true;
    offered.endpoint = endpoint;
    offered.port = port;
    if (!offered.not_at.empty()) {
        report_note(offered);
        return;
    }
    Logger& log = *needs_.at.shared->log;
    if (log.may_write(LogLevel::info, service_lines, needs_.at.worker.now())) {
        log.info("a service is reachable", {{"service", offered.service->name}, {"endpoint", offered.endpoint}});
    }
    needs_.at.notify({.kind = LinkNotice::Kind::registered,
                      .service = offered.service->id,
                      .endpoint = offered.endpoint,
                      .port = port});
}

// The service is reachable, though not at all members of the cluster; or at all of them again.
void ClientRegistration::report_note(const OfferedService& offered) {
    Logger& log = *needs_.at.shared->log;
    if (log.may_write(LogLevel::warn, service_lines, needs_.at.worker.now())) {
        log.warn(offered.not_at.empty() ? "a service can be reached at all servers of the cluster again"
                                        : "a service cannot be reached at all servers of the cluster",
                 {{"service", offered.service->name}, {"endpoint", offered.endpoint}, {"not_at", offered.not_at}});
    }
    needs_.at.notify({.kind = LinkNotice::Kind::registered,
                      .service = offered.service->id,
                      .endpoint = offered.endpoint,
                      .port = offered.port,
                      .text = offered.not_at});
}

// Ignored unless the service is registered there: otherwise it was sent before the server received our latest request,
// whose answer has the address. Only HTTP services, which have no twins, get others.
void ClientRegistration::on_address(std::size_t place, const wire::RegisteredService& changed) {
    OfferedService* const offered = needs_.services.find(changed.id);
    if (offered == nullptr || offered->on[place] != TrunkRegistration::registered) {
        return;
    }
    if (offered->service->kind != wire::ServiceKind::http) {
        if (has_users_address(place, *offered) && std::exchange(offered->not_at, changed.not_at) != changed.not_at &&
            offered->is_reported) {
            report_note(*offered);
        }
        return;
    }
    offered->port = changed.port;
    report_endpoint(place, *offered, endpoint_of(place, changed), changed.port);
}

void ClientRegistration::on_refused(std::size_t place, const wire::Refused& refused) {
    OfferedService* const offered = needs_.services.find(refused.id);
    if (offered == nullptr) {
        return;
    }
    offered->on[place] = TrunkRegistration::refused;
    if (offered->is(TrunkRegistration::registered) ||
        offered->is(TrunkRegistration::requested)) {  // only this trunk does not carry it
        Logger& log = *needs_.at.shared->log;
        if (log.may_write(LogLevel::warn, service_lines, needs_.at.worker.now())) {
            log.warn("a tunnel connection does not carry a service",
                     {{"service", offered->service->name},
                      {"server", net::to_text(needs_.at.trunks.at(place).server)},
                      {"trunk", needs_.at.trunks.name_of(place)},
                      {"code", wire::name_of(refused.code)},
                      {"why", refused.text}});
        }
        (void)refused_retry_delay();
        return;
    }
    if (!is_running(needs_.at.phase)) {
        return;  // crossed our GOAWAY: the service is no longer wanted
    }
    OfferedService* const twin = needs_.services.twin_of(*offered->service);
    const bool had_place = twin == nullptr && (offered->assigned_port != 0 || !offered->assigned_host.empty());
    if (had_place && refused.code != wire::Code::busy) {  // a busy server keeps it for us
        offered->assigned_port = 0;                       // another client has what we had: request any
        offered->assigned_host.clear();
        request(place, {offered});
        return;
    }
    if (twin != nullptr) {
        offered->assigned_port = 0;
        withdraw(*twin, refused);
    }
    record_refused(*offered, refused);
}

// Unregisters a service whose twin was rejected.
void ClientRegistration::withdraw(OfferedService& offered, const wire::Refused& why) {
    const std::uint32_t id = offered.service->id;
    unregister(id);
    needs_.services.reset_trunks(offered);
    offered.assigned_port = offered.port = 0;
    record_refused(offered, {id, why.code, "The service that shares its port number was refused. " + why.text});
}

void ClientRegistration::record_refused(OfferedService& offered, const wire::Refused& refused) {
    const bool is_known = offered.refused && offered.why_refused == refused.text;
    offered.refused = true;
    offered.why_refused = refused.text;
    offered.is_reported = false;
    offered.endpoint.clear();
    offered.other_endpoint.clear();
    const Duration again_in = refused_retry_delay();
    if (is_known && !needs_.counts_attempts) {
        return;
    }
    Logger& log = *needs_.at.shared->log;
    if (log.may_write(LogLevel::warn, service_lines, needs_.at.worker.now())) {
        log.warn("a service was refused",
                 {{"service", offered.service->name}, {"code", wire::name_of(refused.code)}, {"why", refused.text}});
    }
    needs_.at.notify({.kind = LinkNotice::Kind::refused,
                      .service = refused.id,
                      .code = refused.code,
                      .text = refused.text,
                      .retry_in = again_in});
}

// Arms the timer for rejected services, and returns the time left: short at first, then longer and longer, since a port
// is free a minute after its client has crashed, or never. All rejected services are requested again together.
Duration ClientRegistration::refused_retry_delay() {
    if (!refused_timer_.is_set()) {
        refused_timer_.set_after(refused_backoff_.next_wait());
    }
    return std::max(refused_timer_.deadline() - needs_.at.worker.now(), Duration::zero());
}

}  // namespace ferrotunnel::session
