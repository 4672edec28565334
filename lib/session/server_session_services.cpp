// The public ports of a client's services: registering, claiming, opening, and the visitors that come to them.
#include <sys/socket.h>

#include <algorithm>

#include "base/check.hpp"
#include "base/text.hpp"
#include "runtime/address.hpp"
#include "session/counted_traffic.hpp"
#include "session/server_session.hpp"
#include "session/server_session_plugins.hpp"
#include "session/visit.hpp"
#include "session/visitor_lines.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

// For comparing trunks: a trunk that moves this much counts as having one visitor more.
constexpr std::uint64_t recent_bytes_as_a_visitor = 102'400;  // about 1 MiB/s

}  // namespace

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

void ServerSession::register_port(std::uint32_t request, const wire::Service& description) {
    const auto address = address_for(description.bind);
    if (!address) {
        tell_refusal(description, address.error());
        return;
    }
    runtime::SocketAddress at = *address;
    Service& service = services_[description.id];
    keep_description(service, description);
    at.set_port(description.remote_port);
    if (at.port() == 0 && (agreement_.trunks > 1 || service.membership)) {
        // What another trunk, or another member of its group, was given for it.
        at.set_port(shared_->ports->port_of(owner_of(service), number_of(service), service.transport()));
    }
    if (at.port() == 0) {
        at.set_port(port_of_predecessor(description));
    }
    if (at.port() == 0) {
        assign_port(request, description.id, at);
    } else {
        claim_then_open(request, description.id, at);
    }
}

// A given port is claimed before it is bound, since a ghost of the same client may have to be driven out first.
void ServerSession::claim_then_open(std::uint32_t request, std::uint32_t id, runtime::SocketAddress at) {
    auto self = shared_from_this();
    Service& service = services_.at(id);
    const directory::ClaimName name(at.port(), service.transport());
    service.names = {name};
    std::uint64_t registration = service.registration;
    auto done = [self, request, id, registration, at, name](std::optional<directory::Refusal> refusal) {
        self->mailbox_->post_call([self, request, id, registration, at, name, refusal] {
            self->guarded([&] { self->on_claimed(request, id, registration, at, name, refusal); });
        });
    };
    directory::claim_with_takeover(shared_->registry, key_, id, {name}, group_of(service), worker_.now(),
                                   std::move(done));
}

void ServerSession::on_claimed(std::uint32_t request, std::uint32_t id, std::uint64_t registration,
                               const runtime::SocketAddress& at, const directory::ClaimName& name,
                               const std::optional<directory::Refusal>& refusal) {
    auto found = services_.find(id);
    if (ended_ || found == services_.end() || found->second.registration != registration) {
        if (!refusal) {
            release_unwanted({name});  // unregistered meanwhile, and perhaps registered again
        }
        return;
    }
    if (refusal) {
        refuse_service(id, *refusal);
    } else if (std::optional<directory::Refusal> over = shared_->registry->refuse_ended(key_, id)) {
        shared_->registry->release(key_, name);
        refuse_service(id, *over);
    } else if (std::optional<directory::Refusal> full = count_service(id)) {
        shared_->registry->release(key_, name);
        refuse_service(id, *full);
    } else if (waits_for_place(found->second)) {
        await_place(request, id, {at, {}});
    } else if (std::optional<directory::Refusal> why = open_port(id, at)) {
        shared_->registry->release(key_, name);
        if (why->code == Code::port_taken) {
            why->text += " Choose another port.";
        }
        refuse_service(id, *why);
    } else {
        confirm(request, id);
    }
}

// An assigned port is bound before it is claimed, since the system chooses among the free ones.
void ServerSession::assign_port(std::uint32_t request, std::uint32_t id, runtime::SocketAddress at) {
    const login::AcceptedTokens tokens = shared_->tokens.get();
    const login::AcceptedToken* token = login::TokenBook::find(tokens, *secret_);
    if (token == nullptr) {
        // The session is about to end, or, where the token has come back meanwhile, the client asks again.
        refuse_service(id,
                       refuse_token().value_or(directory::Refusal{Code::busy, "The server's tokens are changing."}));
        return;
    }
    if (auto full = count_service(id)) {
        refuse_service(id, *full);
        return;
    }
    directory::Refusal why{Code::port_taken, "The server has no free port that this token may have."};
    const auto rules = shared_->registry->rules();
    std::vector<std::uint16_t> candidates = rules->port_candidates(client_.first, token->ports, *shared_->random);
    if (candidates.size() == 1 && shared_->service_tokens.get()) {
        candidates.resize(8, candidates.front());  // the system may choose one that is kept for a service
    }
    for (std::uint16_t candidate : candidates) {
        at.set_port(candidate);
        if (auto failed = open_port(id, at)) {
            why = std::move(*failed);
            if (why.code == Code::busy) {
                break;
            }
            continue;
        }
        Service& service = services_[id];
        const directory::ClaimName name(service.port(), service.transport());
        service.names = {name};
        if (auto unproved = refuse_unproved(service)) {
            leave(service);  // that one is kept for a service with a token of its own
            continue;
        }
        directory::ClaimAnswer answer = shared_->registry->claim(key_, id, name, worker_.now(), group_of(service));
        if (std::holds_alternative<directory::Granted>(answer)) {
            confirm(request, id);
            return;
        }
        leave(service);
        if (auto* refusal = std::get_if<directory::Refusal>(&answer)) {
            why = *refusal;
        }
    }
    refuse_service(id, why);
}

// Another trunk may end the service at any time. What is opened or joined is asked once more by who has the lock that
// closing takes too: so either closing finds it, or it is refused here.
directory::Ended ServerSession::refuses_ended(std::uint32_t id) const {
    return [this, id] { return shared_->registry->refuse_ended(key_, id); };
}

// Opens the port, or joins it; returns why that failed, or nothing.
std::optional<directory::Refusal> ServerSession::open_port(std::uint32_t id, const runtime::SocketAddress& at) {
    std::error_code error;
    Service& service = services_[id];
    const bool is_udp = service.transport() == directory::Transport::udp;
    auto joined = is_udp ? shared_->ports->join(client_, at, shared_from_this(), id, worker_, shared_->open_udp,
                                                datagram_terms(service), error, refuses_ended(id), service.membership,
                                                service.health)
                         : shared_->ports->join(client_, at, shared_from_this(), id, worker_, shared_->open_port, error,
                                                refuses_ended(id), service.membership, service.health);
    if (joined.refusal) {
        return joined.refusal;
    }
    if (!joined.port) {
        return directory::Refusal{Code::port_taken,
                                  "The server can not listen on " + at.text() + ": " + error.message() + "."};
    }
    service.public_port = std::move(joined.port);
    service.opened = joined.opened;
    service.traffic = std::make_shared<trunk::Traffic>();
    service.traffic->total = traffic_;
    return std::nullopt;
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

void ServerSession::dropped(const std::shared_ptr<directory::SharedPort>& port) noexcept {
    attempt([&] {
        mailbox_->post_call([self = shared_from_this(), port] {
            self->guarded([&] { self->on_dropped([&port](const Service& one) { return one.public_port == port; }); });
        });
    });
}

void ServerSession::leads_back(std::uint32_t id) {
    mailbox_->post_call([self = shared_from_this(), id] {
        auto found = self->services_.find(id);
        if (found == self->services_.end() || self->ended_) {
            return;
        }
        static constexpr LineKind loops{"loops"};
        if (!self->shared_->log->may_write(LogLevel::warn, loops, self->worker_.now())) {
            return;
        }
        self->shared_->log->warn(
            "visitors of a service lead back to themselves: its backend is a public port, perhaps through other "
            "tunnels",
            {{"session", self->agreement_.session},
             {"service", printable(found->second.description.name, 64)},
             {"port", found->second.port()}});
    });
}

// --- visitors ---

// The load of this trunk: visitors, and what they move, since a newcomer should not wait behind a bulk transfer. Of two
// trunks with the same load, the one on the calling worker has less, since a visitor that changes threads costs a
// wake-up. A visitor who will send nothing more is on the way out, or moves bytes, which count.
std::uint64_t ServerSession::load() const noexcept {
    const std::uint64_t visitors = traffic_->sending_now.load(std::memory_order_relaxed) +
                                   on_the_way_.load(std::memory_order_relaxed) +
                                   dialled_->load(std::memory_order_relaxed);
    // While it waits for its client, visitors are better off elsewhere.
    constexpr std::uint64_t away = std::uint64_t{1} << 32;
    const std::uint64_t as_away = waits_since() ? away : 0;
    const std::uint64_t as_visitors = recent_->lately(Clock::now()) / recent_bytes_as_a_visitor;
    return as_away + 2 * (visitors + as_visitors) + (worker_.here() ? 0 : 1);
}

std::shared_ptr<void> ServerSession::count_dialled() {
    dialled_->fetch_add(1, std::memory_order_relaxed);
    auto uncount = [dialled = dialled_](void*) { dialled->fetch_sub(1, std::memory_order_relaxed); };
    return {nullptr, std::move(uncount)};
}

void ServerSession::take(directory::Visitor visitor, std::uint32_t service) {
    bring(std::move(visitor), service);
}

void ServerSession::on_visitor(std::uint32_t id, directory::Visitor visitor) {
    auto found = services_.find(id);
    if (ended_ || found == services_.end() || found->second.public_port != visitor.port) {
        // This trunk has left the port while the visitor was on the way to it: others may still be there.
        pass_to_other(visitor);  // without another trunk the visitor is reset
        return;
    }
    guarded([&] {
        if (count_visitor(visitor.of_token, runtime::visitor_address(visitor.from)) &&
            (!plugins_ || !ask_plugins(id, visitor))) {
            open_or_wait(id, std::move(visitor));
        }
    });
}

void ServerSession::take_by_name(std::uint32_t id, runtime::Fd socket, const runtime::SocketAddress& from) {
    const auto found = services_.find(id);
    const bool is_there =
        found != services_.end() && (found->second.description.kind == wire::ServiceKind::tcp ||
                                     found->second.description.kind == wire::ServiceKind::private_tcp);
    directory::Visitor visitor(std::move(socket), from, is_there ? found->second.public_port : nullptr);
    if (!is_there) {
        return;  // it has left meanwhile: the visitor is reset
    }
    if (const std::shared_ptr<directory::SharedPort> port = visitor.port) {
        port->hand_over(std::move(visitor));
    } else {
        on_visitor(id, std::move(visitor));
    }
}

void ServerSession::open_visitor(std::uint32_t id, directory::Visitor visitor) {
    if (visitor.distant) {
        open_distant(id, std::move(visitor));
        return;
    }
    std::shared_ptr<trunk::Traffic> traffic = services_.at(id).traffic;
    if (auto watched = std::exchange(visitor.watched, nullptr)) {
        watched->total = std::move(traffic);
        traffic = std::move(watched);
    }
    traffic = counted_with(traffic_of_visit(visitor.visit, std::move(traffic)), visitor.of_token);
    traffic = counted_with(std::move(traffic), visitor.of_member);
    auto pump = make_intrusive<trunk::SocketPump>(worker_, traffic);
    mux::Session::OpenRequest request;
    request.service = id;
    request.visitor = runtime::visitor_address(visitor.from);
    request.meter = services_.at(id).meter;
    auto stream = trunk_->session().open(request, pump, false, worker_.now());
    trunk_->session_changed();
    if (!stream) {
        if (pass_to_other(visitor)) {
            traffic->passed_on();
            return;  // another trunk has room, or finds out that it has none either
        }
        refuse_visitor(visitor.from.text(), stream.error());
        return;  // the visitor is reset
    }
    if (may_tell_visitor(*shared_->log, worker_.now())) {
        shared_->log->info("a visitor", {{"session", agreement_.session},
                                         {"service", printable(services_.at(id).description.name, 64)},
                                         {"from", visitor.from.text()}});
    }
    set_served(visitor.visit);
    pump->set_shape(shape_of(id));
    watch(*pump, *stream, id, visitor.of_member);
    pump->set_stream(*stream);
    pump->set_socket(std::move(visitor.socket));
}

}  // namespace ferrotunnel::session
