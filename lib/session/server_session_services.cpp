// The services of a client, whatever their kind: what it says about them, whether they may be here, and their end.
#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "session/server_session.hpp"
#include "session/server_session_plugins.hpp"

namespace ferrotunnel::session {

using wire::Code;

void ServerSession::on_message(const wire::ControlMessage& message) {
    if (const auto* request = std::get_if<wire::Register>(&message)) {
        for (const wire::Service& service : request->services) {
            register_service(request->request, service);
        }
    } else if (const auto* request_end = std::get_if<wire::Unregister>(&message)) {
        for (std::uint32_t id : request_end->ids) {
            unregister(id);
        }
    } else if (const auto* answer = std::get_if<wire::Managed>(&message)) {
        manage_.answered(*answer);
    } else if (const auto* health = std::get_if<wire::Health>(&message)) {
        on_health(*health);
    } else if (std::holds_alternative<wire::TakeOver>(message)) {
        take_over();
    } else if (!std::holds_alternative<wire::Stats>(message) && !std::holds_alternative<wire::Unknown>(message)) {
        trunk_->end(Code::protocol, "a message that has no place after the login");
    }
}

void ServerSession::manage(std::string request, ManageRequests::Done done) {
    if (ended_ || !welcome_) {
        done(0, "The client is not connected any more.");
    } else if ((agreement_.features & wire::feature::managed) == 0) {
        done(0, "The client's version is older than this server's, and can not be asked.");
    } else if (const auto message = manage_.begin(std::move(request), worker_.now(), std::move(done))) {
        trunk_->session().send_control(wire::encode_control(*message));
        trunk_->session_changed();
    }
}

void ServerSession::register_service(std::uint32_t request, const wire::Service& description) {
    static constexpr Pace pace{limits::registrations_at_once_max, limits::registrations_per_second_max};
    if (!registrations_rate_.take(pace, worker_.now())) {
        tell_refusal(description, {Code::busy, "This client registers services too often."});
    } else if (auto refusal = check_service(description)) {
        tell_refusal(description, *refusal);
    } else if (!plugins_ || !plugins_->take(request, description)) {
        register_checked(request, description);
    }
}

// Registers what may be here, as far as the session knows, and what plugins have nothing against.
void ServerSession::register_checked(std::uint32_t request, const wire::Service& description) {
    // Rights may have changed while plugins were asked, and another trunk may have heard that the service is gone.
    auto refusal = shared_->registry->refuse_ended(key_, description.id);
    if (!refusal) {
        refusal = refuse_kind(description.kind);
    }
    if (!refusal) {
        refusal = refuse_unproved(directory::reached_by(description), description.proof);
    }
    if (refusal) {
        tell_refusal(description, *refusal);
    } else if (description.kind == wire::ServiceKind::http) {
        register_http(request, description);
    } else if (description.kind == wire::ServiceKind::tls) {
        register_tls(request, description);
    } else if (description.kind == wire::ServiceKind::private_tcp) {
        register_private(request, description);
    } else {
        register_port(request, description);
    }
}

std::optional<directory::Refusal> ServerSession::check_service(const wire::Service& description) const {
    if (rotating_ || trunk_->session().state() != mux::SessionState::open) {
        return directory::Refusal{Code::going_away, "The server is stopping."};
    }
    if (draining_) {
        return directory::Refusal{Code::going_away, "The client has said that it is stopping."};
    }
    if (replaced_) {
        return directory::Refusal{Code::going_away, "Another client has taken the place of this one."};
    }
    if (description.kind != wire::ServiceKind::tcp && description.kind != wire::ServiceKind::http &&
        description.kind != wire::ServiceKind::tls && description.kind != wire::ServiceKind::private_tcp &&
        description.kind != wire::ServiceKind::udp) {
        return directory::Refusal{Code::unsupported, "This server has no services of this kind."};
    }
    if (auto refusal = refuse_kind(description.kind)) {
        return refusal;
    }
    if (auto refusal = refuse_unproved(directory::reached_by(description), description.proof)) {
        return refusal;
    }
    if (description.kind == wire::ServiceKind::udp) {
        if (auto refusal = refuse_udp()) {
            return refusal;
        }
    }
    if (auto refusal = refuse_asked(description)) {
        return refusal;
    }
    if (auto refusal = refuse_group(description)) {
        return refusal;
    }
    if (services_.contains(description.id) || (plugins_ && plugins_->is_asking(description.id))) {
        return directory::Refusal{Code::protocol, "The service's id is in use."};
    }
    if (services_.size() + (plugins_ ? plugins_->asking() : 0) >= limits::services_max) {
        return directory::Refusal{Code::limit, "This client has as many services as one may."};
    }
    return std::nullopt;
}

std::optional<directory::Refusal> ServerSession::refuse_group(const wire::Service& description) const {
    if (description.group.name.empty()) {
        return std::nullopt;
    }
    if ((agreement_.features & wire::feature::groups) == 0) {
        return directory::Refusal{Code::unsupported, "The client has not said that it knows groups."};
    }
    if (description.kind == wire::ServiceKind::private_tcp) {
        return directory::Refusal{Code::unsupported, "A private service has no group."};
    }
    if (description.group.sticky > wire::Sticky::cookie ||
        (description.group.sticky == wire::Sticky::cookie && description.kind != wire::ServiceKind::http)) {
        return directory::Refusal{
            Code::unsupported, "This server does not know the `sticky` that the service wants, or not for its kind."};
    }
    if (description.group.balance > wire::Balance::two_choices) {
        return directory::Refusal{Code::unsupported, "This server does not know the `balance` that the service wants."};
    }
    if (!description.plugins.empty()) {
        return directory::Refusal{Code::unsupported,
                                  "A service of a group can not ask for plugins: its members would have one each."};
    }
    return std::nullopt;
}

// Keeps the description, without the parts that nobody asks for later.
void ServerSession::keep_description(Service& service, const wire::Service& description) {
    service.registration = ++registrations_;
    service.description.id = description.id;
    service.description.kind = description.kind;
    service.description.name = description.name;
    service.description.bind = description.bind;
    service.description.udp = description.udp;
    service.description.proof = description.proof;
    service.description.http.rules = description.http.rules;  // kept because they are counted
    service.description.plugins = description.plugins;        // likewise
    service.description.health = description.health;
    service.description.group.name = description.group.name;
    service.health = {};
    if (const auto& health = description.health; health && (agreement_.features & wire::feature::health) != 0) {
        service.health = {health->healthy, health->try_when_all_unhealthy};
    }
    service.membership.reset();
    if (const wire::GroupPart& group = description.group; !group.name.empty()) {
        service.membership = directory::Membership{directory::group_id(client_.first, description.kind, group.name),
                                                   client_, group.balance, group.weight, group.standby};
        if ((agreement_.features & wire::feature::group_terms) != 0) {
            service.membership->sticky = group.sticky;
            service.membership->eject = group.eject;
        }
        service.membership->name = printable(agreement_.peer_name, 64);
        service.membership->key = shared_->sticky_key;
        service.membership->predecessors = shared_->registry->clients_before(key_);
        service.membership->row = shared_->members->row(
            {group.name, std::string(login::name_of(description.kind)), token_name_, service.membership->name});
    }
    service.asked = plugins_ ? plugins_->asked_of(description.id) : nullptr;
    check(description.plugins.empty() == !service.asked, "a service has the plugins that its client has asked for");
}

// Registers a private service. There is nothing to claim or open: it is found by its name, which may be the same as
// that of another client's.
void ServerSession::register_private(std::uint32_t request, const wire::Service& description) {
    Service& service = services_[description.id];
    keep_description(service, description);
    if (auto refusal = count_service(description.id)) {
        refuse_service(description.id, *refusal);
        return;
    }
    service.opened = agreement_.trunk == 1;  // the other trunks have nothing to tell
    service.traffic = std::make_shared<trunk::Traffic>();
    service.traffic->total = traffic_;
    if (waits_for_place(service)) {
        await_place(request, description.id, {});
        return;
    }
    confirm(request, description.id);
}

// Unregisters a service. On one trunk this holds for all: the next service for the same port may come on any trunk. To
// be remembered first, or a registration that is under way on another trunk could open again what is closed here.
void ServerSession::unregister(std::uint32_t id) {
    shared_->registry->end_service(key_, id);
    if (plugins_) {
        plugins_->forget(id);
    }
    auto found = services_.find(id);
    if (found == services_.end()) {
        return;
    }
    Service& service = found->second;
    if (yielding_) {  // its claims are the fresh session's, which is told as well
        leave(service);
        forget_service(id);
        end_yielding_if_taken();
        return;
    }
    if (service.is_carried() || service.awaited) {
        // Claims go first: closing tells the other trunks, which may register the next service for these names at once.
        for (const directory::ClaimName& name : service.names) {
            shared_->registry->release_for_all(key_, name);
        }
        // The references are dropped only after closing: if closing lacks memory, the session ends and leaves them
        // then.
        if (const auto port = service.public_port) {
            shared_->ports->close(*port, *this);
            service.public_port = nullptr;
        }
        if (const auto http = service.http) {
            shared_->http->close(*http, *this, worker_.now());
            service.http = nullptr;
        }
    }
    forget_service(id);
}

void ServerSession::forget_service(std::uint32_t id) {
    auto service = services_.extract(id);
    if (service) {
        service.mapped().named.reset();
    }
    {
        std::lock_guard lock(view_mutex_);
        std::erase_if(view_.services, [id](const SessionView::Service& one) { return one.id == id; });
    }
    if (plugins_) {
        plugins_->left(id);
    }
    if (service) {
        send_on(std::move(service.mapped().line));
    }
}

// Leaves the service: new visitors go to other trunks. Without one they wait where the client `may_return`, or are
// refused, and others may have the port.
void ServerSession::leave(Service& service, bool may_return) {
    if (!service.is_carried() && !service.awaited) {
        return;
    }
    service.awaited = nullptr;
    if (auto port = std::exchange(service.public_port, nullptr)) {
        shared_->ports->leave(*port, *this, may_return);
    }
    if (auto http = std::exchange(service.http, nullptr)) {
        attempt([&] { shared_->http->leave(*http, *this, Clock::now()); });  // the worker may be gone already
    }
    for (const directory::ClaimName& name : service.names) {
        shared_->registry->release(key_, name);
    }
}

void ServerSession::close_services(bool may_return) noexcept {
    auto services = std::exchange(services_, {});
    for (auto& [id, service] : services) {
        leave(service, may_return);
        service.named.reset();
    }
    if (plugins_) {
        plugins_->left_all();
    }
    {
        std::lock_guard lock(view_mutex_);
        view_.services.clear();
    }
    for (auto& [id, service] : services) {
        send_on(std::move(service.line));
    }
}

}  // namespace ferrotunnel::session
