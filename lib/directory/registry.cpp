#include "directory/registry.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace ferrotunnel::directory {
namespace {

wire::Code taken(const ClaimName& name) {
    return name.is_port() ? wire::Code::port_taken : wire::Code::name_taken;
}

Refusal overtaken() {
    return {wire::Code::superseded, "A newer session of the same client already exists; this one is not needed."};
}

Refusal too_many_trunks(std::size_t most) {
    return {wire::Code::limit, "A tunnel has at most " + std::to_string(most) + " connections on this server."};
}

Refusal session_gone() {
    return {wire::Code::going_away, "The session ended."};
}

Refusal service_gone() {
    return {wire::Code::going_away, "The client unregistered this service on another of its connections."};
}

}  // namespace

void Registry::set_rules(std::shared_ptr<const RightRules> rules) {
    check(rules != nullptr, "there are always rules, if only empty ones");
    const MutexLock lock(mutex_);
    drop_kept(*rules);
    const MutexLock rules_lock(rules_mutex_);
    rules_.swap(rules);
}

void Registry::forget_unknown_owners() {
    const MutexLock lock(mutex_);
    drop_kept(*rules());
}

void Registry::drop_kept(const RightRules& rules) {
    const std::size_t given_up =
        std::erase_if(kept_, [&rules](const auto& kept) { return !rules.has_token(kept.second.owner); });
    if (given_up != 0 && on_change_) {
        on_change_();
    }
}

std::shared_ptr<const RightRules> Registry::rules() const {
    const MutexLock lock(rules_mutex_);
    return rules_;
}

void Registry::set_quotas(std::size_t sessions_per_token, std::size_t ports_per_token) {
    const MutexLock lock(mutex_);
    settings_.sessions_per_token_max = sessions_per_token;
    settings_.ports_per_token_max = ports_per_token;
}

void Registry::set_ports(const login::PortPolicy& every_token) {
    const MutexLock lock(mutex_);
    for (auto& [key, session] : sessions_) {
        session.info.ports = every_token;
    }
}

AdmitAnswer Registry::admit(const SessionInfo& info, std::shared_ptr<SessionHandle> handle) {
    check(handle != nullptr && info.key != 0, "a session must have a handle and a key");
    const MutexLock lock(mutex_);
    Superseding superseding;
    std::size_t siblings = 0;
    const ClientId client = client_of(info);
    if (auto known = clients_.find(client); known != clients_.end()) {
        for (SessionKey key : known->second) {
            const Session& other = sessions_.at(key);
            const bool same_place = other.info.epoch == info.epoch && other.info.trunk == info.trunk;
            if (other.info.epoch > info.epoch || (same_place && other.info.attempt > info.attempt)) {
                return overtaken();
            }
            if (other.info.epoch < info.epoch || same_place) {
                superseding.older.push_back(other.handle);
            } else {
                ++siblings;
            }
        }
    }
    if (siblings >= settings_.trunks_per_tunnel_max) {
        return too_many_trunks(settings_.trunks_per_tunnel_max);
    }
    if (!superseding.older.empty()) {
        return superseding;
    }
    if (auto refusal = too_many_sessions(info.token, replaces_any(info))) {
        if (auto waiting = longest_detached(info.token)) {
            return Superseding{{std::move(waiting)}, true};
        }
        return *refusal;
    }
    // Statements that may run out of memory come first, so that a failure leaves no visible change.
    Holding& of_token = holdings_[info.token];
    std::vector<SessionKey>& of_client = clients_[client];
    of_client.reserve(of_client.size() + 1);
    bool is_new = sessions_.emplace(info.key, Session{info, std::move(handle)}).second;
    check(is_new, "a session is admitted once");
    // Its login may have been in progress when it, or another client, replaced one.
    Session& session = sessions_.at(info.key);
    session.replaced = was_replaced(info) || (!of_client.empty() && sessions_.at(of_client.front()).replaced);
    session.info.replaces = info.replaces && !is_successor(info);
    of_client.push_back(info.key);
    ++of_token.sessions;
    return Admitted{};
}

// A client and its successor briefly exist side by side.
std::optional<Refusal> Registry::too_many_sessions(const login::TokenId& token, bool replaces) const {
    if (sessions_.size() >= settings_.sessions_max) {
        return Refusal{wire::Code::busy, "The server has reached its limit of clients. Try again later."};
    }
    const auto known = holdings_.find(token);
    const std::size_t most = session_limit_of(token);
    const std::size_t here = known != holdings_.end() ? known->second.sessions : 0;
    if (here >= (replaces ? 2 * most : most) || (!elsewhere_.empty() && exceeds_quota(token, here, replaces))) {
        return Refusal{wire::Code::busy, "This token has reached its limit of connections (" + std::to_string(most) +
                                             "). Try again later."};
    }
    return std::nullopt;
}

// The server's own limit is for its memory, and counts its own sessions only.
bool Registry::exceeds_quota(const login::TokenId& token, std::size_t sessions, bool replaces) const {
    const std::optional<std::uint64_t> quota = rules()->of(token)->connections;
    const auto known = elsewhere_.find(token);
    return quota && known != elsewhere_.end() && sessions + known->second >= (replaces ? 2 * *quota : *quota);
}

void Registry::set_elsewhere(const login::TokenId& token, std::size_t connections) {
    const MutexLock lock(mutex_);
    if (connections != 0) {
        elsewhere_[token] = connections;
    } else {
        elsewhere_.erase(token);
    }
}

std::size_t Registry::elsewhere(const login::TokenId& token) const {
    const MutexLock lock(mutex_);
    const auto known = elsewhere_.find(token);
    return known != elsewhere_.end() ? known->second : 0;
}

std::size_t Registry::sessions_of(const login::TokenId& token) const {
    const MutexLock lock(mutex_);
    const auto known = holdings_.find(token);
    return known != holdings_.end() ? known->second.sessions : 0;
}

// The session of the token that has been without a connection for longest. Null if all have one. A client that was
// killed may be back before its sessions are given up.
std::shared_ptr<SessionHandle> Registry::longest_detached(const login::TokenId& token) const {
    std::shared_ptr<SessionHandle> longest;
    TimePoint since = TimePoint::max();
    for (const auto& [key, session] : sessions_) {
        if (session.info.token != token) {
            continue;
        }
        if (const auto waits = session.handle->detached_since(); waits && *waits < since) {
            since = *waits;
            longest = session.handle;
        }
    }
    return longest;
}

std::size_t Registry::session_limit_of(const login::TokenId& token) const {
    const std::optional<std::uint64_t> quota = rules()->of(token)->connections;
    return std::min<std::size_t>(settings_.sessions_per_token_max, quota.value_or(limits::sessions_max));
}

void Registry::end_service(SessionKey session, std::uint32_t service) {
    const MutexLock lock(mutex_);
    const auto known = sessions_.find(session);
    if (known == sessions_.end() || std::erase(known->second.ended, service) != 0) {
        return;
    }
    for (SessionKey key : clients_.at(client_of(known->second.info))) {
        Session& other = sessions_.at(key);
        if (key == session || other.has_ended(service)) {
            continue;
        }
        other.ended.push_back(service);
        if (other.ended.size() > ended_services_max) {
            other.ended.pop_front();
        }
    }
}

std::optional<Refusal> Registry::refuse_ended(SessionKey session, std::uint32_t service) const {
    const MutexLock lock(mutex_);
    const auto known = sessions_.find(session);
    return known != sessions_.end() && known->second.has_ended(service) ? std::optional(service_gone()) : std::nullopt;
}

// The first of the client's trunks that holds the claim. Null if none of them does.
const Registry::Holder* Registry::holder_among(const Claim& claim, const ClientId& client) const {
    const auto found = std::find_if(
        claim.holders.begin(), claim.holders.end(),
        [&](const Holder& holder) REQUIRES(mutex_) { return client_of(sessions_.at(holder.session).info) == client; });
    return found != claim.holders.end() ? &*found : nullptr;
}

ClaimAnswer Registry::claim(SessionKey session, std::uint32_t service, const ClaimName& name, TimePoint now,
                            const std::optional<ClientId>& group) {
    check(name.is_port() || !name.host.empty(), "an assigned port is bound before it is claimed");
    const MutexLock lock(mutex_);
    auto claimant = sessions_.find(session);
    if (claimant == sessions_.end()) {
        return session_gone();
    }
    if (claimant->second.has_ended(service)) {
        return service_gone();
    }
    if (claimant->second.replaced) {
        return Refusal{wire::Code::going_away, "Another client replaced this one."};
    }
    // Rights come first: a client that may not have the port must not learn whether it is in use.
    if (name.is_port()) {
        if (auto refusal = rules()->refuse_port(claimant->second.info.token, name.port, claimant->second.info.ports)) {
            return *refusal;
        }
    }
    if (name.is_port() && name.transport == Transport::tcp && own_ports_.contains(name.port)) {
        return Refusal{wire::Code::port_forbidden, name.text() + " is used by the server itself. Choose another port."};
    }
    if (is_kept_from(claimant->second, name, now)) {
        return Refusal{taken(name), name.text() +
                                        " is reserved for another client, which had it a moment ago or "
                                        "before the server's restart. Choose another port, or try again in a minute."};
    }
    auto held = claims_.find(name);
    if (held != claims_.end()) {
        const Claim& claim = held->second;
        const Holder* const own = holder_among(claim, client_of(claimant->second.info));
        const bool is_its_groups = group && claim.holders.front().group == group;
        const bool is_predecessors = std::ranges::all_of(claim.holders, [&](const Holder& holder) REQUIRES(mutex_) {
            return precedes(sessions_.at(holder.session), claimant->second.info);
        });
        if (own == nullptr && !is_its_groups && !is_predecessors) {
            return refuse_or_contest(claimant->second, name, sessions_.at(claim.holders.front().session));
        }
        if (own != nullptr && (own->service != service || own->group != group)) {
            return Refusal{taken(name), name.text() + " is already used by another service of this client."};
        }
        if (std::any_of(claim.holders.begin(), claim.holders.end(),
                        [session](const Holder& holder) { return holder.session == session; })) {
            return Granted{};
        }
    }
    if (auto refusal = too_many_claims(claimant->second, name, held == claims_.end())) {
        return *refusal;
    }
    // If memory runs out in between, no part of this may stay.
    if (held == claims_.end()) {
        Claim claim{{{session, service, group}}, now, claimant->second.info.token};
        claimant->second.names.insert(name);
        try {
            claims_.emplace(name, std::move(claim));
        } catch (...) {
            claimant->second.names.erase(name);
            throw;
        }
        holdings_.at(claimant->second.info.token).ports += name.is_port() ? 1U : 0U;
        changed(name);
    } else {
        held->second.holders.reserve(held->second.holders.size() + 1);
        claimant->second.names.insert(name);
        held->second.holders.push_back({session, service, group});
    }
    ++claimant->second.count_of(name);
    return Granted{};
}

Refusal too_many_ports(const char* who_has, std::size_t most) {
    return {wire::Code::busy, std::string(who_has) + " reached the limit of public ports (" + std::to_string(most) +
                                  "). Try again later."};
}

std::optional<Refusal> Registry::too_many_claims(Session& claimant, const ClaimName& name, bool is_new) const {
    const std::size_t most = name.is_port() ? settings_.claims_per_session_max : settings_.hosts_per_session_max;
    if (claimant.count_of(name) < most) {
        if (name.is_port() && is_new && holdings_.at(claimant.info.token).ports >= settings_.ports_per_token_max) {
            return too_many_ports("The clients of this token have", settings_.ports_per_token_max);
        }
        return std::nullopt;
    }
    return Refusal{wire::Code::limit, name.is_port()
                                          ? "This client has reached the limit of public ports for one session."
                                          : "This client has reached the limit of hosts for one session."};
}

ClaimAnswer Registry::refuse_or_contest(const Session& claimant, const ClaimName& name, const Session& holder) const {
    const std::string another = std::string("hoose another ") + name.kind() + '.';
    if (holder.info.token != claimant.info.token) {
        return Refusal{taken(name), name.text() + " is held by another client. C" + another};
    }
    Contested contested;
    for (SessionKey key : clients_.at(client_of(holder.info))) {
        contested.holders.push_back(sessions_.at(key).handle);
    }
    contested.if_alive = {taken(name), name.text() + " is held by another client with the same token, from " +
                                           holder.info.address + ", which is still connected. Stop it, or c" + another};
    return contested;
}

// The session, if it holds the claim.
Registry::Session* Registry::holding(const Claim& claim, SessionKey session) {
    const bool holds = std::any_of(claim.holders.begin(), claim.holders.end(),
                                   [session](const Holder& holder) { return holder.session == session; });
    return holds ? &sessions_.at(session) : nullptr;
}

// Removes a holder. True if no holder is left.
bool Registry::give_up(Claim& claim, SessionKey session) {
    std::erase_if(claim.holders, [session](const Holder& holder) { return holder.session == session; });
    return claim.holders.empty();
}

void Registry::release(SessionKey session, const ClaimName& name) {
    const MutexLock lock(mutex_);
    auto held = claims_.find(name);
    if (held == claims_.end()) {
        return;
    }
    Session* const own = holding(held->second, session);
    if (own == nullptr) {
        return;
    }
    own->give_back(name);
    if (give_up(held->second, session)) {
        end_claim(held);
    }
}

// Ends a claim without holders.
void Registry::end_claim(Claims::iterator claim) {
    const auto ended = claims_.extract(claim);  // the node as it is: nothing here may allocate
    if (ended.key().is_port()) {
        --holdings_.at(ended.mapped().owner).ports;
    }
    changed(ended.key());
}

void Registry::release_for_all(SessionKey session, const ClaimName& name) {
    const MutexLock lock(mutex_);
    auto held = claims_.find(name);
    if (held == claims_.end()) {
        return;
    }
    const Session* const own = holding(held->second, session);
    if (own == nullptr) {
        return;
    }
    const ClientId client = client_of(own->info);
    std::erase_if(held->second.holders, [&](const Holder& holder) REQUIRES(mutex_) {
        Session& of_holder = sessions_.at(holder.session);
        const bool is_own = client_of(of_holder.info) == client;
        if (is_own) {
            of_holder.give_back(name);
        }
        return is_own;
    });
    if (held->second.holders.empty()) {
        end_claim(held);
    }
}

void Registry::remove(SessionKey session) {
    // The handle may be the last reference to its session, whose destructor must not run under the lock.
    decltype(sessions_)::node_type removed;
    const MutexLock lock(mutex_);
    removed = sessions_.extract(session);
    if (removed.empty()) {
        return;
    }
    for (const ClaimName& name : removed.mapped().names) {
        const auto held = claims_.find(name);
        if (give_up(held->second, session)) {
            end_claim(held);
        }
    }
    auto client = clients_.find(client_of(removed.mapped().info));
    std::erase(client->second, session);
    if (client->second.empty()) {
        clients_.erase(client);
        if (is_successor(removed.mapped().info)) {
            successors_.erase({removed.mapped().info.token, removed.mapped().info.identity});
        }
    }
    const auto holding = holdings_.find(removed.mapped().info.token);
    if (--holding->second.sessions == 0) {
        holdings_.erase(holding);
    }
}

void Registry::reserve(std::uint16_t port) {
    const MutexLock lock(mutex_);
    own_ports_.insert(port);
}

// --- across a restart ---

void Registry::keep(std::uint16_t port, const login::TokenId& owner, TimePoint until, Transport transport) {
    const MutexLock lock(mutex_);
    kept_[{port, transport}] = {owner, until, true};
}

void Registry::keep_ports(SessionKey session, TimePoint until, bool is_recorded) {
    const MutexLock lock(mutex_);
    const auto known = sessions_.find(session);
    if (known == sessions_.end() || !rules()->has_token(known->second.info.token)) {
        return;
    }
    for (const ClaimName& name : known->second.names) {
        if (name.is_port()) {
            kept_[{name.port, name.transport}] = {known->second.info.token, until, is_recorded};
        }
    }
}

bool Registry::is_kept_from(const Session& claimant, const ClaimName& name, TimePoint now) {
    const auto kept = name.is_port() ? kept_.find({name.port, name.transport}) : kept_.end();
    if (kept == kept_.end()) {
        return false;
    }
    if (now < kept->second.until && kept->second.owner != claimant.info.token) {
        return true;
    }
    kept_.erase(kept);
    return false;
}

std::vector<ClaimRecord::Port> Registry::ports(TimePoint now) const {
    const MutexLock lock(mutex_);
    std::map<std::pair<std::uint16_t, Transport>, login::TokenId> owners;
    for (const auto& [port, kept] : kept_) {
        if (now < kept.until && kept.is_recorded) {
            owners.emplace(port, kept.owner);
        }
    }
    for (const auto& [name, claim] : claims_) {
        if (name.is_port()) {
            owners.insert_or_assign({name.port, name.transport},
                                    sessions_.at(claim.holders.front().session).info.token);
        }
    }
    std::vector<ClaimRecord::Port> ports;
    for (const auto& [port, owner] : owners) {
        ports.push_back({owner, port.first, port.second, {}});
    }
    return ports;
}

void Registry::on_change(std::function<void()> changed) {
    const MutexLock lock(mutex_);
    on_change_ = std::move(changed);
}

void Registry::changed(const ClaimName& name) const {
    if (on_change_ && name.is_port()) {
        on_change_();
    }
}

std::vector<TunnelInfo> Registry::tunnels() const {
    const MutexLock lock(mutex_);
    std::vector<TunnelInfo> tunnels;
    std::map<SessionKey, std::size_t> index;
    for (const auto& [key, session] : sessions_) {
        const SessionInfo& info = session.info;
        index.emplace(key, tunnels.size());
        tunnels.push_back({key, info.token_name, info.agent, info.address, info.epoch, info.since, {}});
    }
    for (const auto& [name, claim] : claims_) {
        for (const Holder& holder : claim.holders) {
            tunnels[index.at(holder.session)].claims.push_back({name, holder.service, claim.since});
        }
    }
    return tunnels;
}

std::optional<ClaimHolder> Registry::holder_of(const ClaimName& name) const {
    const MutexLock lock(mutex_);
    auto held = claims_.find(name);
    if (held == claims_.end()) {
        return std::nullopt;
    }
    ClaimHolder holder;
    for (const Holder& one : held->second.holders) {
        holder.sessions.push_back(one.session);
    }
    holder.service = held->second.holders.front().service;
    return holder;
}

std::size_t Registry::session_count() const {
    const MutexLock lock(mutex_);
    return sessions_.size();
}

}  // namespace ferrotunnel::directory
