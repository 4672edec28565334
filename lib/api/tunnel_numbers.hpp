// Short numbers by which an operator distinguishes and names the clients of a server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

#include "base/limits.hpp"
#include "base/mutex.hpp"
#include "directory/registry.hpp"

namespace ferrotunnel::detail {

/// A client keeps its number when it reconnects, until it is forgotten because of many newer ones. A number is never
/// reused. Thread-safe.
class TunnelNumbers {
public:
    /// At least as many as there may be sessions: a present client is never forgotten.
    static constexpr std::size_t known_max = std::size_t{2} * limits::sessions_max;

    std::uint64_t of(const directory::ClientId& client) {
        const MutexLock lock(mutex_);
        const auto [known, is_new] = numbers_.try_emplace(client, Entry{last_ + 1, 0});
        last_ += is_new ? 1 : 0;
        known->second.asked = ++asked_;
        if (numbers_.size() > known_max) {
            forget_old();
        }
        return known->second.number;
    }

private:
    struct Entry {
        std::uint64_t number;
        std::uint64_t asked;  // the last call for it, as a count of calls
    };

    // Forgets clients that were not in the most recent calls.
    void forget_old() REQUIRES(mutex_) {
        std::erase_if(numbers_, [this](const auto& entry)
                                    REQUIRES(mutex_) { return entry.second.asked + known_max / 2 < asked_; });
    }

    Mutex mutex_;
    std::map<directory::ClientId, Entry> numbers_ GUARDED_BY(mutex_);
    std::uint64_t last_ GUARDED_BY(mutex_) = 0;
    std::uint64_t asked_ GUARDED_BY(mutex_) = 0;
};

}  // namespace ferrotunnel::detail
