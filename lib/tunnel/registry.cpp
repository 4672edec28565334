#include "tunnel/registry.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace ferrotunnel::tunnel {
namespace {

std::string port_text(std::uint16_t port) {
    return "Public port " + std::to_string(port);
}

Refusal overtaken() {
    return {wire::Code::superseded, "A newer session of the same client is already here; this one is not needed."};
}

Refusal too_many_sessions() {
    return {wire::Code::busy, "The server holds as many clients as it is allowed to. Trying later may work."};
}

Refusal session_gone() {
    return {wire::Code::going_away, "The session has ended."};
}

Refusal forbidden(std::uint16_t port, const PortPolicy& policy) {
    return {wire::Code::port_forbidden, port_text(port) + " is not allowed for this token. Allowed: " +
                                            policy.describe() + ". Ask for one of these, or have the server allow it."};
}

Refusal too_many_claims() {
    return {wire::Code::limit, "This client holds as many public ports as one session may."};
}

}  // namespace

AdmitAnswer Registry::admit(const SessionInfo& info, std::shared_ptr<SessionHandle> handle) {
    check(handle != nullptr && info.key != 0, "a session comes with its handle and key");
    std::lock_guard lock(mutex_);
    Superseding superseding;
    Client client{info.token, info.instance};
    if (auto known = clients_.find(client); known != clients_.end()) {
        for (SessionKey key : known->second) {
            const Session& other = sessions_.at(key);
            if (other.info.epoch > info.epoch) {
                return overtaken();
            }
            if (other.info.epoch < info.epoch || other.info.trunk == info.trunk) {
                superseding.older.push_back(other.handle);
            }
        }
    }
    if (!superseding.older.empty()) {
        return superseding;
    }
    if (sessions_.size() >= settings_.sessions_max) {
        return too_many_sessions();
    }
    bool is_new = sessions_.emplace(info.key, Session{info, std::move(handle), 0}).second;
    check(is_new, "a session is admitted once");
    clients_[client].push_back(info.key);
    return Admitted{};
}

ClaimAnswer Registry::claim(SessionKey session, std::uint32_t service, std::uint16_t port, TimePoint now) {
    check(port != 0, "an assigned port is bound before it is claimed");
    std::lock_guard lock(mutex_);
    auto claimant = sessions_.find(session);
    if (claimant == sessions_.end()) {
        return session_gone();
    }
    // Rights come first: who may not have the port does not learn whether it is in use.
    if (!claimant->second.info.ports.allows(port)) {
        return forbidden(port, claimant->second.info.ports);
    }
    if (auto held = ports_.find(port); held != ports_.end()) {
        return answer_held(claimant->second, session, service, port, held->second);
    }
    if (claimant->second.claims >= settings_.claims_per_session_max) {
        return too_many_claims();
    }
    ports_.emplace(port, Claim{session, service, now});
    ++claimant->second.claims;
    return Granted{};
}

ClaimAnswer Registry::answer_held(const Session& claimant, SessionKey key, std::uint32_t service, std::uint16_t port,
                                  const Claim& claim) const {
    if (claim.session == key) {
        if (claim.service == service) {
            return Granted{};
        }
        return Refusal{wire::Code::port_taken, port_text(port) + " is already used by another service of this client."};
    }
    const Session& holder = sessions_.at(claim.session);
    if (holder.info.token != claimant.info.token) {
        return Refusal{wire::Code::port_taken, port_text(port) + " is held by another client. Choose another port."};
    }
    if (holder.info.instance == claimant.info.instance) {
        return Refusal{wire::Code::port_taken, port_text(port) + " is served by another connection of this client."};
    }
    return Contested{holder.handle,
                     {wire::Code::port_taken,
                      port_text(port) + " is held by another client with the same token, from " + holder.info.address +
                          ", and that one is alive. Stop it, or choose another port."}};
}

void Registry::release(SessionKey session, std::uint16_t port) {
    std::lock_guard lock(mutex_);
    auto held = ports_.find(port);
    if (held == ports_.end() || held->second.session != session) {
        return;
    }
    ports_.erase(held);
    --sessions_.at(session).claims;
}

void Registry::remove(SessionKey session) {
    // The handle may be the last reference to its session, whose destructor must not run under the lock.
    decltype(sessions_)::node_type removed;
    std::lock_guard lock(mutex_);
    removed = sessions_.extract(session);
    if (removed.empty()) {
        return;
    }
    std::erase_if(ports_, [session](const auto& entry) { return entry.second.session == session; });
    const SessionInfo& info = removed.mapped().info;
    auto client = clients_.find(Client{info.token, info.instance});
    std::erase(client->second, session);
    if (client->second.empty()) {
        clients_.erase(client);
    }
}

std::vector<TunnelInfo> Registry::tunnels() const {
    std::lock_guard lock(mutex_);
    std::vector<TunnelInfo> tunnels;
    std::map<SessionKey, std::size_t> index;
    for (const auto& [key, session] : sessions_) {
        const SessionInfo& info = session.info;
        index.emplace(key, tunnels.size());
        tunnels.push_back({key, info.token_name, info.agent, info.address, info.epoch, info.since, {}});
    }
    for (const auto& [port, claim] : ports_) {
        tunnels[index.at(claim.session)].claims.push_back({port, claim.service, claim.since});
    }
    return tunnels;
}

std::optional<PortHolder> Registry::holder_of(std::uint16_t port) const {
    std::lock_guard lock(mutex_);
    auto held = ports_.find(port);
    if (held == ports_.end()) {
        return std::nullopt;
    }
    const Claim& claim = held->second;
    return PortHolder{claim.session, claim.service, sessions_.at(claim.session).handle};
}

std::size_t Registry::session_count() const {
    std::lock_guard lock(mutex_);
    return sessions_.size();
}

}  // namespace ferrotunnel::tunnel
