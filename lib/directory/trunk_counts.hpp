// How many trunks each client has on this server, from its welcome to its end: what tells the loss of one from the loss
// of the last. The registry does not know: a session that is replaced leaves it while its visitors finish.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>

#include "directory/registry.hpp"

namespace ferrotunnel::directory {

/// Any thread.
class TrunkCounts {
public:
    /// How many there are now, with this one.
    std::size_t enter(const ClientId& client) {
        std::lock_guard lock(mutex_);
        return ++counts_[client];
    }

    /// How many are left.
    std::size_t leave(const ClientId& client) {
        std::lock_guard lock(mutex_);
        auto found = counts_.find(client);
        const std::size_t left = --found->second;
        if (left == 0) {
            counts_.erase(found);
        }
        return left;
    }

private:
    std::mutex mutex_;
    std::map<ClientId, std::size_t> counts_;
};

}  // namespace ferrotunnel::directory
