// A client's services on its trunks: each is registered on one trunk first, and then, with what it got there, on all
// others. The user is told of the first answer only.
//
// A UDP service may have the number of a TCP one (ClientService::with). On each trunk it is asked for when that one is
// there, with the number that it got, and nobody is told of either before both are there. Where one of them is refused
// the other is taken off; both are asked for again when the time for what was refused has come.
#include <algorithm>
#include <utility>

#include "login/proof.hpp"
#include "net/shown_address.hpp"
#include "session/client_link.hpp"

namespace ferrotunnel::session {

namespace {

constexpr LineKind service_lines{"services", limits::client_lines_per_second};

// What a server with these features is told of a group: one that is older spreads visitors all the same.
wire::GroupPart group_as_known(wire::GroupPart group, std::uint64_t features) {
    if ((features & wire::feature::group_terms) == 0) {
        group.sticky = wire::Sticky::off;
        group.eject = {};
    }
    return group;
}

}  // namespace

bool ClientLink::Offered::is(Carried what) const noexcept {
    return std::find(on.begin(), on.end(), what) != on.end();
}

std::optional<std::size_t> ClientLink::first_open() const noexcept {
    std::optional<std::size_t> draining;
    for (std::size_t place = 0; place < places_.size(); ++place) {
        if (places_[place]->state == Place::State::open) {
            if (!places_[place]->draining) {
                return place;
            }
            draining = draining ? draining : place;
        }
    }
    return draining;
}

void ClientLink::add(backend::ClientService service) {
    check_here(worker_);
    const std::uint32_t id = service.id;
    Offered& offered = services_[id];
    offered.service = std::make_shared<const backend::ClientService>(std::move(service));
    offered.on.assign(places_.size(), Carried::no);
    table_->put(offered.service);
    watch_health(offered);
    if (auto place = first_open(); place && state_ == State::running) {
        request_registration(*place, {&offered});
    }
}

void ClientLink::set_backend(backend::ClientService service) {
    check_here(worker_);
    const auto found = services_.find(service.id);
    if (found != services_.end()) {
        found->second.service = std::make_shared<const backend::ClientService>(std::move(service));
        table_->put(found->second.service);
        watch_health(found->second);
    }
}

// First all of them are taken off, since one may take the place of another.
void ClientLink::replace(std::vector<Replacement> replacements) {
    check_here(worker_);
    for (Replacement& each : replacements) {
        Offered& offered = services_[each.service.id];
        const auto before = services_.find(each.old);
        if (before != services_.end() && before->second.service->kind == each.service.kind &&
            before->second.service->is_assigned() && each.service.is_assigned()) {
            offered.assigned_port = before->second.assigned_port;
            offered.assigned_host = before->second.assigned_host;
        }
        if (before != services_.end() && before->second.service->health && each.service.health) {
            offered.is_checked = before->second.is_checked;
            offered.healthy = before->second.healthy;
            offered.why_unhealthy = before->second.why_unhealthy;
        }
        remove(each.old);
    }
    for (Replacement& each : replacements) {
        add(std::move(each.service));
    }
}

void ClientLink::remove(std::uint32_t id) {
    check_here(worker_);
    if (services_.erase(id) == 0) {
        return;
    }
    table_->erase(id);
    unregister(id);
    look_for_place();
}

// Also where it is not registered: on a trunk that is told nothing its id would stay one that has ended on another.
void ClientLink::unregister(std::uint32_t id) {
    wire::Unregister message;
    message.ids.push_back(id);
    for (auto& place : places_) {
        place->trunk->send_to_all(wire::encode_control(message));
    }
    shared_->own_visits->set_public_port(id, 0);
}

// The other one of two services that have one number. Null: it is by itself.
ClientLink::Offered* ClientLink::twin_of(const backend::ClientService& service) noexcept {
    for (auto& [id, other] : services_) {
        if (id != service.id &&
            (service.with.empty() ? other.service->with == service.name : other.service->name == service.with)) {
            return &other;
        }
    }
    return nullptr;
}

// Whether its number is not known yet: it is asked for when its twin is there. Without one, which may be switched off,
// it is not there either.
bool ClientLink::waits_for_twin(std::size_t place, const Offered& offered) noexcept {
    if (offered.service->with.empty()) {
        return false;
    }
    const Offered* const twin = twin_of(*offered.service);
    return twin == nullptr || twin->on[place] != Carried::yes;
}

// Services that ask for something by name go first: the server gives what is left to those that take anything.
void ClientLink::request_registration(std::size_t place, std::vector<Offered*> wanted) {
    std::erase_if(wanted,
                  [&](const Offered* offered) { return waits_for_twin(place, *offered) || waits_for_check(*offered); });
    if (wanted.empty()) {
        return;
    }
    std::stable_partition(wanted.begin(), wanted.end(),
                          [](const Offered* offered) { return !offered->service->is_assigned(); });
    std::vector<wire::Service> services;
    for (Offered* offered : wanted) {
        offered->on[place] = Carried::asked;
        // Its twin may have come first, and have its number already.
        if (const Offered* const twin = offered->service->with.empty() ? nullptr : twin_of(*offered->service)) {
            offered->assigned_port = twin->port;
        }
        if (!offered->service->group.name.empty() && (places_[place]->features & wire::feature::groups) == 0) {
            refuse_here(place, offered->service->id,
                        "The server has no groups: its version is older than this client's.");
            continue;
        }
        if (offered->service->kind == wire::ServiceKind::udp && (places_[place]->features & wire::feature::udp) == 0) {
            refuse_here(place, offered->service->id,
                        "The server carries no UDP: its version is older than this client's.");
            continue;
        }
        // It would leave out the plugins that guard the service.
        if (!offered->service->plugins.empty() && (places_[place]->features & wire::feature::plugins) == 0) {
            refuse_here(place, offered->service->id,
                        "The server cannot run the plugins that the service asks for (passwords, addresses, rates): "
                        "its version is older than this client's.");
            continue;
        }
        const bool proves = (places_[place]->features & wire::feature::service_tokens) != 0;
        if (offered->service->token && !proves) {
            refuse_here(place, offered->service->id,
                        "The server knows no tokens of services: its version is older than this client's.");
            continue;
        }
        wire::Service& service = services.emplace_back();
        if (offered->service->token) {
            service.proof = login::make_service_proof(login::Key(*offered->service->token), places_[place]->login_proof,
                                                      offered->service->name);
        }
        service.id = offered->service->id;
        service.kind = offered->service->kind;
        service.name = offered->service->name;
        service.remote_port = offered->service->remote_port;
        service.bind = offered->service->bind;
        service.http = offered->service->http;
        service.tls = offered->service->tls;
        service.plugins = offered->service->plugins;
        service.group = group_as_known(offered->service->group, places_[place]->features);
        if (tells_health(place, *offered)) {
            service.health = {offered->healthy, offered->service->health->try_when_all_unhealthy};
        }
        if (service.kind == wire::ServiceKind::udp) {
            service.udp.idle_ms = static_cast<std::uint32_t>(
                std::chrono::duration_cast<std::chrono::milliseconds>(offered->service->udp_idle).count());
        }
        // What the server chose is asked for again, so that visitors find the service where it was.
        if (offered->service->is_assigned()) {
            service.remote_port = offered->assigned_port;
            if (!offered->assigned_host.empty()) {
                service.http.hosts = {offered->assigned_host};
            }
        }
    }
    places_[place]->trunk->send(wire::encode_register(++request_, services));
}

// A server is not asked for what it does not know. Its refusal comes from here instead, in a later round as the
// server's would.
void ClientLink::refuse_here(std::size_t place, std::uint32_t id, const char* why) {
    worker_.post([this, place, id, why] { on_refused(place, {id, wire::Code::unsupported, why}); });
}

// Registers services on a trunk that has opened: all but those that another trunk is just asking for, and those that
// were refused for all. The latter are asked for again when their time has come, as long as there is another trunk.
void ClientLink::register_on(std::size_t place) {
    bool alone = true;
    for (std::size_t other = 0; other < places_.size(); ++other) {
        alone = alone && (other == place || places_[other]->state != Place::State::open || places_[other]->draining);
    }
    std::vector<Offered*> wanted;
    for (auto& [id, offered] : services_) {
        const bool is_due = !offered.is(Carried::asked) && (alone || !offered.refused);
        if (offered.is(Carried::yes) || is_due) {
            wanted.push_back(&offered);
        }
    }
    request_registration(place, wanted);
}

// Asks another trunk for the services that only the lost trunk carried or was asking for.
void ClientLink::register_lost() {
    const std::optional<std::size_t> place = first_open();
    std::vector<Offered*> wanted;
    for (auto& [id, offered] : services_) {
        if (!offered.is(Carried::yes) && !offered.is(Carried::asked) && !offered.refused && place) {
            wanted.push_back(&offered);
        }
    }
    if (!wanted.empty()) {
        request_registration(*place, wanted);
    }
    for (Offered* offered : wanted) {
        if (offered->told) {
            offered->told = false;
            offered->endpoint.clear();
            tell({.kind = LinkNotice::Kind::unreachable, .service = offered->service->id});
        }
    }
}

void ClientLink::forget_place(std::size_t place) {
    for (auto& [id, offered] : services_) {
        offered.on[place] = Carried::no;
    }
}

void ClientLink::retry_refused() {
    if (state_ != State::running) {
        return;
    }
    const std::optional<std::size_t> first = first_open();
    for (std::size_t place = 0; place < places_.size(); ++place) {
        if (places_[place]->state != Place::State::open) {
            continue;
        }
        std::vector<Offered*> wanted;
        for (auto& [id, offered] : services_) {
            // If nobody carries the service, it is enough to ask on one trunk.
            const bool again = offered.on[place] == Carried::refused && offered.is(Carried::yes);
            const bool retries = offered.refused && !offered.is(Carried::yes) && !offered.is(Carried::asked);
            if (again || (retries && place == first)) {
                wanted.push_back(&offered);
            }
        }
        if (!wanted.empty()) {
            request_registration(place, wanted);
        }
    }
}

void ClientLink::on_trunk_message(std::size_t place, const wire::ControlMessage& message) {
    if (const auto* registered = std::get_if<wire::Registered>(&message)) {
        for (const wire::RegisteredService& answer : registered->services) {
            on_registered(place, answer);
        }
        look_for_place();
    } else if (const auto* refused = std::get_if<wire::Refused>(&message)) {
        on_refused(place, *refused);
    } else if (const auto* taken = std::get_if<wire::TakenOver>(&message)) {
        on_taken_over(*taken);
    } else if (const auto* replaced = std::get_if<wire::Replaced>(&message)) {
        on_replaced(*replaced);
    } else if (const auto* request = std::get_if<wire::Manage>(&message); request != nullptr && settings_.on_manage) {
        settings_.on_manage(places_[place]->login, *request);
    }
    // Statistics and messages of later versions do not concern the link.
}

void ClientLink::answer(std::uint64_t number, const wire::Managed& answer) {
    for (const auto& place : places_) {
        if (place->login == number && place->state == Place::State::open) {
            place->trunk->send({wire::encode_control(answer)});
        }
    }
}

void ClientLink::on_registered(std::size_t place, const wire::RegisteredService& answer) {
    auto found = services_.find(answer.id);
    if (found == services_.end()) {
        return;  // removed meanwhile
    }
    Offered& offered = found->second;
    offered.on[place] = Carried::yes;
    send_health(place, offered);
    offered.port = answer.port;
    if (offered.service->kind != wire::ServiceKind::http) {  // for HTTP the edge finds loops, by Via
        shared_->own_visits->set_public_port(answer.id, answer.port);
    }
    if (offered.service->kind == wire::ServiceKind::http) {
        offered.assigned_host = answer.host.empty() ? offered.assigned_host : answer.host;
    } else if (offered.service->is_assigned()) {
        offered.assigned_port = answer.port;
    }
    // A server that listens on every address, and has not been told its name, has this client's name for it.
    const std::string endpoint = net::with_host_for_any(answer.address, shared_->server.host);
    Offered* const twin = twin_of(*offered.service);
    if (twin != nullptr && twin->on[place] != Carried::yes) {
        offered.heard = endpoint;
        twin->assigned_port = answer.port;
        request_registration(place, {twin});
        return;
    }
    if (twin != nullptr) {
        is_there(*twin, std::exchange(twin->heard, {}), answer.port);
    }
    is_there(offered, endpoint, answer.port);
}

// It is registered on a trunk, and so is its twin if it has one.
void ClientLink::is_there(Offered& offered, const std::string& endpoint, std::uint16_t port) {
    if (std::exchange(offered.refused, false)) {
        refused_backoff_.start_over();
    }
    for (std::size_t other = 0; other < places_.size(); ++other) {
        // While the link drains, its trunks have announced that they take no new visitors.
        if (state_ == State::running && places_[other]->state == Place::State::open &&
            offered.on[other] == Carried::no) {
            request_registration(other, {&offered});
        }
    }
    if (offered.told && (offered.endpoint == endpoint || endpoint.empty())) {
        return;  // only one more trunk, or a fresh session
    }
    offered.told = true;
    offered.endpoint = endpoint;
    if (shared_->log->may_write(LogLevel::info, service_lines, worker_.now())) {
        shared_->log->info("a service is reachable",
                           {{"service", offered.service->name}, {"endpoint", offered.endpoint}});
    }
    tell({.kind = LinkNotice::Kind::registered,
          .service = offered.service->id,
          .endpoint = offered.endpoint,
          .port = port});
}

// Takes off a service whose twin was refused.
void ClientLink::withdraw(Offered& offered, const wire::Refused& why) {
    const std::uint32_t id = offered.service->id;
    unregister(id);
    offered.on.assign(places_.size(), Carried::no);
    offered.assigned_port = offered.port = 0;
    tell_refused(offered, {id, why.code, "The other service of its number was refused. " + why.text});
}

void ClientLink::on_refused(std::size_t place, const wire::Refused& refused) {
    auto found = services_.find(refused.id);
    if (found == services_.end()) {
        return;
    }
    Offered& offered = found->second;
    offered.on[place] = Carried::refused;
    if (offered.is(Carried::yes) || offered.is(Carried::asked)) {  // only this trunk does not carry it
        if (shared_->log->may_write(LogLevel::warn, service_lines, worker_.now())) {
            shared_->log->warn("a connection does not carry a service", {{"service", offered.service->name},
                                                                         {"trunk", name_of(place)},
                                                                         {"code", wire::name_of(refused.code)},
                                                                         {"why", refused.text}});
        }
        (void)refused_again_in();
        return;
    }
    if (state_ != State::running) {
        return;  // crossed our goodbye: nobody waits for the service any more
    }
    Offered* const twin = twin_of(*offered.service);
    const bool had_place = twin == nullptr && (offered.assigned_port != 0 || !offered.assigned_host.empty());
    if (had_place && refused.code != wire::Code::busy) {  // a server that is busy has it for us later
        offered.assigned_port = 0;                        // somebody else has what we had: any other will do
        offered.assigned_host.clear();
        request_registration(place, {&offered});
        return;
    }
    if (twin != nullptr) {
        offered.assigned_port = 0;
        withdraw(*twin, refused);
    }
    tell_refused(offered, refused);
}

void ClientLink::tell_refused(Offered& offered, const wire::Refused& refused) {
    const bool known = offered.refused && offered.why_refused == refused.text;
    offered.refused = true;
    offered.why_refused = refused.text;
    offered.told = false;
    offered.endpoint.clear();
    const Duration again_in = refused_again_in();
    if (known && settings_.attempts == 0) {
        return;  // an application that counts attempts is told of each
    }
    if (shared_->log->may_write(LogLevel::warn, service_lines, worker_.now())) {
        shared_->log->warn(
            "a service was refused",
            {{"service", offered.service->name}, {"code", wire::name_of(refused.code)}, {"why", refused.text}});
    }
    tell({.kind = LinkNotice::Kind::refused,
          .service = refused.id,
          .code = refused.code,
          .text = refused.text,
          .retry_in = again_in});
}

// Arms the timer for refused services, and returns the time left: short at first, then longer and longer, since a port
// is free a minute after its client has crashed, or never. All refused services are asked for again together.
Duration ClientLink::refused_again_in() {
    if (!refused_timer_.is_set()) {
        refused_timer_.set_after(refused_backoff_.next_wait());
    }
    return std::max(refused_timer_.deadline() - worker_.now(), Duration::zero());
}

}  // namespace ferrotunnel::session
