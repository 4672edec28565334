// The public ports of a client's services: which it gets, claiming and opening them, and what they tell.
#include <utility>
#include <vector>

#include "base/text.hpp"
#include "runtime/address.hpp"
#include "session/server_session.hpp"

namespace ferrotunnel::session {

using wire::Code;

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
    const std::shared_ptr<const login::AcceptedToken> token = shared_->tokens.find(*secret_);
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

}  // namespace ferrotunnel::session
