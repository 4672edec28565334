// Replacement of a client by another with its identity.
#include <algorithm>
#include <set>

#include "base/mutex.hpp"
#include "directory/registry.hpp"

namespace ferrotunnel::directory {

// Whether the client of `other`, which may be about to be admitted, wants to replace that of `one`.
bool Registry::precedes(const Session& one, const SessionInfo& other) const {
    const bool is_of_it = other.replaces && !other.identity.empty() && one.info.identity == other.identity &&
                          one.info.token == other.token && one.info.instance != other.instance;
    if (!is_of_it || !one.info.replaces) {
        return is_of_it;
    }
    // If two want to replace each other, the one that came first ends.
    const auto known = clients_.find(client_of(other));
    return known == clients_.end() || clients_.at(client_of(one.info)).front() < known->second.front();
}

// Calls `action` for each trunk of the predecessors.
template <typename Action>
void Registry::for_predecessors(const SessionInfo& info, Action action) const {
    if (!info.replaces) {
        return;
    }
    for (auto client = clients_.lower_bound({info.token, {}});
         client != clients_.end() && client->first.first == info.token; ++client) {
        for (const SessionKey key : client->second) {
            if (const Session& one = sessions_.at(key); precedes(one, info)) {
                action(one);
            }
        }
    }
}

// Whether the client reconnects after a time without a connection, in which another one replaced it.
bool Registry::was_replaced(const SessionInfo& info) const {
    return !info.identity.empty() && !info.replaces && info.epoch > 1 &&
           successors_.contains({info.token, info.identity}) && !is_successor(info);
}

bool Registry::is_successor(const SessionInfo& info) const {
    const auto successor = successors_.find({info.token, info.identity});
    return successor != successors_.end() && successor->second == info.instance;
}

bool Registry::is_replaced(SessionKey session) const {
    const MutexLock lock(mutex_);
    const auto known = sessions_.find(session);
    return known != sessions_.end() && known->second.replaced;
}

bool Registry::replaces_any(const SessionInfo& info) const {
    bool any = false;
    for_predecessors(info, [&any](const Session&) { any = true; });
    return any;
}

std::vector<std::shared_ptr<SessionHandle>> Registry::predecessors(SessionKey session) const {
    const MutexLock lock(mutex_);
    std::vector<std::shared_ptr<SessionHandle>> handles;
    if (const auto known = sessions_.find(session); known != sessions_.end() && !known->second.replaced) {
        for_predecessors(known->second.info, [&handles](const Session& one) { handles.push_back(one.handle); });
    }
    return handles;
}

std::vector<ClientId> Registry::predecessor_ids(SessionKey session) const {
    const MutexLock lock(mutex_);
    std::set<ClientId> clients;
    if (const auto known = sessions_.find(session); known != sessions_.end() && !known->second.replaced) {
        for_predecessors(known->second.info, [&clients](const Session& one) { clients.insert(client_of(one.info)); });
    }
    return {clients.begin(), clients.end()};
}

bool Registry::waits_for_handover(SessionKey session, const ClaimName& name) const {
    const MutexLock lock(mutex_);
    const auto known = sessions_.find(session);
    const auto held = claims_.find(name);
    if (known == sessions_.end() || held == claims_.end()) {
        return false;
    }
    const Holder* const own = holder_among(held->second, client_of(known->second.info));
    return own != nullptr &&
           std::any_of(held->second.holders.begin(), held->second.holders.end(), [&](const auto& one) REQUIRES(mutex_) {
               return !(own->group && own->group == one.group) &&
                      precedes(sessions_.at(one.session), known->second.info);
           });
}

Registry::HandoverPlan Registry::handover_plan(SessionKey session) const {
    const MutexLock lock(mutex_);
    HandoverPlan handover_plan;
    const auto known = sessions_.find(session);
    if (known == sessions_.end() || known->second.replaced) {
        return handover_plan;
    }
    handover_plan.successor = client_of(known->second.info);
    for (const SessionKey key : clients_.at(handover_plan.successor)) {
        handover_plan.trunks.push_back(sessions_.at(key).handle);
    }
    std::set<ClientId> predecessors;
    std::set<ClientId> owners;
    for_predecessors(known->second.info, [&](const Session& one) REQUIRES(mutex_) {
        const ClientId its = client_of(one.info);
        predecessors.insert(its);
        for (const ClaimName& name : one.names) {
            const Claim& claim = claims_.at(name);
            const Holder* const own = holder_among(claim, handover_plan.successor);
            const Holder* const theirs = holder_among(claim, its);
            if (own != nullptr && theirs != nullptr && !(own->group && own->group == theirs->group)) {
                owners.insert(theirs->group.value_or(its));
            }
        }
    });
    handover_plan.predecessors.assign(predecessors.begin(), predecessors.end());
    handover_plan.owners.assign(owners.begin(), owners.end());
    return handover_plan;
}

std::vector<std::shared_ptr<SessionHandle>> Registry::commit_handover(const HandoverPlan& handover_plan) {
    const MutexLock lock(mutex_);
    // Trunks may have come and gone since.
    if (const auto successor = clients_.find(handover_plan.successor); successor != clients_.end()) {
        for (const SessionKey key : successor->second) {
            Session& session = sessions_.at(key);
            successors_[{session.info.token, session.info.identity}] = session.info.instance;
            session.info.replaces = false;
        }
    }
    std::vector<std::shared_ptr<SessionHandle>> handles;
    for (const ClientId& client : handover_plan.predecessors) {
        const auto known = clients_.find(client);
        if (known == clients_.end()) {
            continue;
        }
        for (const SessionKey key : known->second) {
            Session& session = sessions_.at(key);
            session.replaced = true;
            handles.push_back(session.handle);
            const std::set<ClaimName> names = session.names;
            for (const ClaimName& name : names) {
                Claim& claim = claims_.at(name);
                if (holder_among(claim, handover_plan.successor) != nullptr) {
                    session.give_back(name);
                    (void)give_up(claim, key);
                }
            }
        }
    }
    return handles;
}

}  // namespace ferrotunnel::directory
