// Counts the trunks of each client on this server, from welcome to end, to distinguish the loss of one from the loss of
// the last. The registry cannot: a session that is replaced leaves it while its visitors finish.
#pragma once

#include <cstddef>
#include <map>

#include "base/mutex.hpp"
#include "directory/registry.hpp"

namespace ferrotunnel::directory {

/// Counts trunks by client; any thread.
class TrunkCounts {
public:
    /// Counts a trunk; returns the present number, including this one.
    std::size_t enter(const ClientId& client) {
        const MutexLock lock(mutex_);
        return ++counts_[client];
    }

    /// Uncounts a trunk; returns the remaining number.
    std::size_t leave(const ClientId& client) {
        const MutexLock lock(mutex_);
        auto found = counts_.find(client);
        const std::size_t left = --found->second;
        if (left == 0) {
            counts_.erase(found);
        }
        return left;
    }

private:
    Mutex mutex_;
    std::map<ClientId, std::size_t> counts_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::directory
