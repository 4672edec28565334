// Carriers of the other members, by their places in the register.
#pragma once

#include <array>
#include <memory>
#include <utility>

#include "base/mutex.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "peers/peer_carrier.hpp"

namespace ferrotunnel::peers {

/// Thread-safe. A route that was read before its member was forgotten, and its place given to another one, leads to
/// that one, which answers that the client is not there.
class Carriers {
public:
    void set(cluster::MemberIndex member, std::shared_ptr<PeerCarrier> carrier) {
        const MutexLock lock(mutex_);
        carriers_[member] = std::move(carrier);
    }
    /// Null for a place that no other member has had.
    std::shared_ptr<PeerCarrier> get(cluster::MemberIndex member) const {
        const MutexLock lock(mutex_);
        return carriers_[member];
    }

private:
    mutable Mutex mutex_;
    std::array<std::shared_ptr<PeerCarrier>, cluster::limits::member_slots> carriers_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::peers
