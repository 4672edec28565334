#include "session/session_rights.hpp"

#include <sys/socket.h>

#include <utility>

#include "base/text.hpp"
#include "runtime/address.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {

using wire::Code;

namespace {

constexpr const char* expired_text = "The token has expired.";
constexpr const char* not_accepted_text =
    "The server no longer accepts this token: it was removed there, or its secret was replaced.";
constexpr const char* revoked_text = "The server's application has revoked this token.";
constexpr const char* other_token_text = "The token's secret belongs to another token of the server now.";

std::string kicked_at(const KickList::Client& client) {
    return client.member.empty() ? std::string() : " (kicked at the member " + client.member + " of its cluster)";
}

bool has_expired(const login::Rights& rights) {
    return rights.has_expired(std::chrono::system_clock::now());
}

}  // namespace

std::shared_ptr<const login::AcceptedToken> SessionRights::token() const {
    return at_.facts.external ? at_.facts.external->token() : at_.shared->tokens.find(*at_.facts.secret);
}

// An external token is its source's affair: it may have been one of the table before, which another member has removed.
std::optional<directory::Refusal> SessionRights::refuse_token() const {
    if (at_.facts.external) {
        return at_.facts.external->is_revoked() ? std::optional(directory::Refusal{Code::unauthorized, revoked_text})
                                                : std::nullopt;
    }
    const std::shared_ptr<const login::AcceptedToken> accepted = token();
    if (accepted == nullptr) {
        return directory::Refusal{Code::unauthorized, not_accepted_text};
    }
    if (accepted->id() != at_.facts.client.first) {
        return directory::Refusal{Code::going_away, other_token_text};
    }
    if (const auto revoked = at_.shared->revoked->find(*at_.facts.secret)) {
        return directory::Refusal{Code::unauthorized, RevokedTokens::text_of(*revoked)};
    }
    return std::nullopt;
}

// The client has proved its token, so it may learn the reason.
std::optional<directory::Refusal> SessionRights::refuse_login() const {
    if (auto refusal = refuse_token()) {
        return refusal;
    }
    if (const auto kicked =
            at_.shared->kicked->find(at_.facts.client, at_.facts.agreement.peer_name, at_.worker.now())) {
        return directory::Refusal{Code::busy, "The operator of the server keeps this client out for another " +
                                                  format_wait(kicked->left) + kicked_at(kicked->who) + '.'};
    }
    const auto rules = at_.shared->registry->rules();
    const directory::RightsRef rights = rules->of(at_.facts.client.first);
    if (has_expired(*rights)) {
        return directory::Refusal{Code::unauthorized, expired_text};
    }
    if (rights->from && !rights->from->contains(runtime::visitor_address(at_.facts.peer))) {
        return directory::Refusal{Code::unauthorized,
                                  "The token may not be used from this address (" + at_.facts.peer.ip() + ")."};
    }
    return std::nullopt;
}

std::optional<directory::Refusal> SessionRights::refuse_expired() const {
    const auto rules = at_.shared->registry->rules();
    if (has_expired(*rules->of(at_.facts.client.first))) {
        return directory::Refusal{Code::unauthorized, expired_text};
    }
    return std::nullopt;
}

// The listen address of a port whose client requests `bind`, which may be empty. A client may narrow a port to the
// server's loopback or to one of the allowed addresses, but not widen it beyond the token's rights: a server that
// listens on 0.0.0.0 has nothing on IPv6.
Result<runtime::SocketAddress, directory::Refusal> SessionRights::address_for(const std::string& bind) const {
    const auto rules = at_.shared->registry->rules();
    const directory::RightsRef rights = rules->of(at_.facts.client.first);
    const auto& right = rights->bind;
    std::vector<runtime::SocketAddress> may;
    if (right) {
        for (const std::string& ip : *right) {
            may.push_back(*runtime::SocketAddress::from_ip(ip, 0));
        }
    } else {
        may.push_back(at_.shared->tcp_bind);
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

// Why the token may no longer have a service that it has, or is about to have.
std::optional<directory::Refusal> SessionRights::refuse_present(const SessionService& service,
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
                                      "The ports of this token listen on another address now. Try again."};
        }
    }
    const auto rules = at_.shared->registry->rules();
    for (const directory::ClaimName& name : service.names) {
        auto refusal = name.is_port() ? rules->refuse_port(at_.facts.client.first, name.port, every_token)
                                      : rules->refuse_host(at_.facts.client.first, name.host);
        if (refusal) {
            return refusal;
        }
    }
    return std::nullopt;
}

std::optional<directory::Refusal> SessionRights::refuse_kind(wire::ServiceKind kind) const {
    return at_.shared->registry->rules()->refuse_kind(at_.facts.client.first, kind);
}

// Why a service may not exist without the proof of a token of its own.
std::optional<directory::Refusal> SessionRights::refuse_unproved(const directory::ReachedBy& service,
                                                                 const std::optional<wire::Proof>& proof) const {
    const auto tokens = at_.shared->service_tokens.get();
    const bool knows = (at_.facts.agreement.features & wire::feature::service_tokens) != 0;
    return tokens ? tokens->refuse(service, proof, at_.facts.agreement.client_proof, knows) : std::nullopt;
}

// Like the function above, for an existing service, including what it was assigned.
std::optional<directory::Refusal> SessionRights::refuse_unproved(const SessionService& service) const {
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

// Counts a service that is about to be opened, when its names are claimed: a stale session of the same client that had
// them has released its own count by then.
std::optional<directory::Refusal> SessionRights::count_service(SessionService& service) const {
    const auto rules = at_.shared->registry->rules();
    const directory::RightsRef rights = rules->of(at_.facts.client.first);
    const bool replaces = !at_.shared->registry->predecessors(at_.facts.key).empty();
    service.of_token =
        at_.shared->token_use->count_service(at_.facts.client, service.description.id, *rights, replaces);
    if (service.of_token) {
        return std::nullopt;
    }
    return directory::Refusal{Code::busy, "The clients of this token have reached its limit of services (" +
                                              std::to_string(rights->services.value_or(0)) + "). Try again later."};
}

}  // namespace ferrotunnel::session
