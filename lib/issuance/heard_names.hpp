// Names whose certificates other members have changed, and for which a step of the manager waits: one for each.
#pragma once

#include <set>
#include <string>

#include "base/mutex.hpp"

namespace ferrotunnel::issuance {

/// Thread-safe.
class HeardNames {
public:
    /// False: it is there already.
    bool add(const std::string& file) {
        const MutexLock lock(mutex_);
        return files_.insert(file).second;
    }
    void remove(const std::string& file) {
        const MutexLock lock(mutex_);
        files_.erase(file);
    }

private:
    Mutex mutex_;
    std::set<std::string> files_ GUARDED_BY(mutex_);
};

}  // namespace ferrotunnel::issuance
