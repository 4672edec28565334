// What a session's token has a right to, and the quotas of its clients. Rights are looked up each time: they may have
// changed since the login.
#include <sys/socket.h>

#include <utility>

#include "base/text.hpp"
#include "net/ip_text.hpp"
#include "runtime/address.hpp"
#include "session/server_session.hpp"
#include "session/visitor_lines.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

constexpr const char* expired_text = "The token has expired.";
constexpr const char* not_accepted_text =
    "The server does not accept this token any more: it was removed there, or its secret was replaced.";
constexpr const char* other_token_text = "The token's secret belongs to another token of the server now.";

bool has_expired(const login::Rights& rights) {
    return rights.has_expired(std::chrono::system_clock::now());
}

}  // namespace

// Why the session's token is not what it was at its login; nothing if it is.
std::optional<directory::Refusal> ServerSession::refuse_token() const {
    const std::shared_ptr<const login::AcceptedToken> token = shared_->tokens.find(*secret_);
    if (token == nullptr) {
        return directory::Refusal{Code::unauthorized, not_accepted_text};
    }
    if (token->id() != client_.first) {
        return directory::Refusal{Code::going_away, other_token_text};
    }
    return std::nullopt;
}

// The client has proved that it has the token: it may know what is wrong with that.
std::optional<directory::Refusal> ServerSession::refuse_login() const {
    if (auto refusal = refuse_token()) {
        return refusal;
    }
    if (const auto left = shared_->kicked->left(client_, agreement_.peer_name, worker_.now())) {
        return directory::Refusal{
            Code::busy, "The operator of the server keeps this client out for another " + text_of_wait(*left) + '.'};
    }
    const auto rules = shared_->registry->rules();
    const login::Rights& rights = rules->of(client_.first);
    if (has_expired(rights)) {
        return directory::Refusal{Code::unauthorized, expired_text};
    }
    if (rights.from && !rights.from->contains(runtime::visitor_address(peer_))) {
        return directory::Refusal{Code::unauthorized,
                                  "The token may not be used from this address (" + peer_.ip() + ")."};
    }
    return std::nullopt;
}

void ServerSession::end_if_expired() {
    const auto rules = shared_->registry->rules();
    if (!ended_ && proved_ && has_expired(rules->of(client_.first))) {
        end(Code::unauthorized, expired_text);
    }
}

// Where a port listens whose client asks for `bind`, which may be empty. A client may narrow a port to the server's own
// machine or to one of the addresses that are covered, but not widen it beyond what its token may have: a server that
// listens on 0.0.0.0 has nothing on IPv6.
Result<runtime::SocketAddress, directory::Refusal> ServerSession::address_for(const std::string& bind) const {
    const auto rules = shared_->registry->rules();
    const auto& right = rules->of(client_.first).bind;
    std::vector<runtime::SocketAddress> may;
    if (right) {
        for (const std::string& ip : *right) {
            may.push_back(*runtime::SocketAddress::from_ip(ip, 0));
        }
    } else {
        may.push_back(shared_->tcp_bind);
    }
    if (bind.empty() && !may.empty()) {
        return may.front();
    }
    const auto wanted = runtime::SocketAddress::from_ip(bind, 0);
    for (const runtime::SocketAddress& at : may) {
        const bool same_family =
            wanted && (wanted->family() == at.family() || (at.is_unspecified() && at.family() == AF_INET6));
        if (wanted && (wanted->ip() == at.ip() || (same_family && (wanted->is_loopback() || at.is_unspecified())))) {
            return *wanted;
        }
    }
    std::string why = "The server does not listen on the address " + printable(bind, 64);
    if (right) {
        why = bind.empty() ? "No address is allowed for the ports of this token"
                           : "The address " + printable(bind, 64) + " is not allowed for this token";
    }
    return directory::Refusal{Code::port_forbidden, why + "."};
}

// Visitors meet a port that listens on one address of several there, and on this machine alone where it is narrowed.
std::string ServerSession::shown_host_of_port(const runtime::SocketAddress& at) const {
    return at.ip() == shared_->tcp_bind.ip() || at.is_unspecified() ? shared_->public_host : at.ip();
}

// Why the token may not have a service any more that it has, or is about to have.
std::optional<directory::Refusal> ServerSession::refuse_present(const Service& service,
                                                                const login::PortPolicy& every_token) const {
    if (auto refusal = refuse_kind(service.description.kind)) {
        return refusal;
    }
    if (auto refusal = refuse_unproved(service)) {
        return refusal;
    }
    if (service.public_port) {
        const auto address = address_for(service.description.bind);
        if (!address) {
            return address.error();
        }
        if (address->ip() != service.public_port->address().ip()) {
            return directory::Refusal{Code::port_forbidden,
                                      "The ports of this token listen on another address now. Trying again helps."};
        }
    }
    const auto rules = shared_->registry->rules();
    for (const directory::ClaimName& name : service.names) {
        auto refusal = name.is_port() ? rules->refuse_port(client_.first, name.port, every_token)
                                      : rules->refuse_host(client_.first, name.host);
        if (refusal) {
            return refusal;
        }
    }
    return std::nullopt;
}

void ServerSession::look_at_rights() {
    if (ended_ || !secret_) {
        return;  // a login that is under way is held to the new rights when its admission is asked for
    }
    if (auto refusal = refuse_login()) {
        end(refusal->code, refusal->text);
        return;
    }
    const std::shared_ptr<const login::AcceptedToken> token = shared_->tokens.find(*secret_);
    if (token == nullptr) {
        return;  // it was taken off just now: that change has a look of its own
    }
    token_name_ = token->name;
    {
        std::lock_guard lock(view_mutex_);
        view_.token_name = token_name_;
    }
    std::vector<std::pair<std::uint32_t, directory::Refusal>> refused;
    for (const auto& [id, service] : services_) {
        if (auto refusal = refuse_present(service, token->ports)) {
            refused.emplace_back(id, std::move(*refusal));
        }
    }
    for (const auto& [id, refusal] : refused) {
        Service& service = services_.at(id);
        const wire::Service description = service.description;
        leave(service);
        forget_service(id);
        tell_refusal(description, refusal);
    }
}

std::optional<directory::Refusal> ServerSession::refuse_kind(wire::ServiceKind kind) const {
    return shared_->registry->rules()->refuse_kind(client_.first, kind);
}

// Why a service may not be there without the proof of a token of its own.
std::optional<directory::Refusal> ServerSession::refuse_unproved(const directory::ReachedBy& service,
                                                                 const std::optional<wire::Proof>& proof) const {
    const auto tokens = shared_->service_tokens.get();
    const bool knows = (agreement_.features & wire::feature::service_tokens) != 0;
    return tokens ? tokens->refuse(service, proof, agreement_.client_proof, knows) : std::nullopt;
}

// The same of one that is there, by what it was given too.
std::optional<directory::Refusal> ServerSession::refuse_unproved(const Service& service) const {
    directory::ReachedBy reached{service.description.name};
    for (const directory::ClaimName& name : service.names) {
        if (name.is_port()) {
            reached.port = name.port;
        } else {
            reached.hosts.push_back(name.host);
        }
    }
    return refuse_unproved(reached, service.description.proof);
}

// Counts a service that is about to be opened, when its names are claimed: a ghost of the same client that had them has
// given its own count back by then.
std::optional<directory::Refusal> ServerSession::count_service(std::uint32_t id) {
    Service& service = services_.at(id);
    const auto rules = shared_->registry->rules();
    const login::Rights& rights = rules->of(client_.first);
    const bool replaces = !shared_->registry->predecessors(key_).empty();
    service.of_token = shared_->token_use->count_service(client_, id, rights, replaces);
    if (service.of_token) {
        return std::nullopt;
    }
    return directory::Refusal{Code::busy, "The clients of this token have as many services as one may have (" +
                                              std::to_string(rights.services.value_or(0)) +
                                              "). Trying later may work."};
}

// Counts a visitor, unless another trunk has; false if its token has as many as it may. What is counted stays in
// `of_token`, which is null for a token without such a quota.
bool ServerSession::count_visitor(std::shared_ptr<void>& of_token, const net::Address& from) {
    const auto rules = shared_->registry->rules();
    const login::Rights& rights = rules->of(client_.first);
    if (of_token || !rights.counts_visitors()) {
        return true;
    }
    of_token = shared_->token_use->count_visitor(client_.first, rights, worker_.now());
    if (of_token) {
        return true;
    }
    refuse_visitor(text_of(from), Code::busy);
    static constexpr LineKind quotas{"visitor_quotas", limits::crowd_lines_per_second};
    if (shared_->log->may_write(LogLevel::info, quotas, worker_.now())) {
        shared_->log->info("a visitor was turned away: the token has as many, or as many new ones, as it may",
                           {{"token", token_name_}, {"session", agreement_.session}, {"visitor", net::ip_text(from)}});
    }
    return false;
}

// What bounds the bytes of a service's visitors, whichever trunk they are on.
const std::shared_ptr<shaping::ServiceShape>& ServerSession::shape_of(std::uint32_t id) {
    Service& service = services_.at(id);
    if (!service.shape) {
        service.shape = shared_->shapes->of(client_, id, *shared_->registry, worker_.now());
    }
    return service.shape;
}

}  // namespace ferrotunnel::session
