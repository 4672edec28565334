// The other members to which there are links, or that are dialled.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "peers/member_links.hpp"

namespace ferrotunnel::peers {

/// Thread-safe.
class MemberTable {
public:
    using Entry = std::shared_ptr<MemberLinks>;

    /// Null if it is not there.
    Entry find(const std::string& name) const;
    /// In the order in which they were added.
    std::vector<Entry> all() const;
    /// The one that is there, or what `make` returns, called with the table locked. Null if that is.
    Entry find_or_add(const std::string& name, const std::function<Entry()>& make);
    /// Forgets the member, unless it is listed or has links, and calls `forgotten` with the table locked. Null if it
    /// was not forgotten.
    Entry forget(const std::string& name, const std::function<void()>& forgotten);

private:
    mutable Mutex mutex_;
    std::vector<Entry> members_ GUARDED_BY(mutex_);  // at most cluster::limits::member_slots
};

}  // namespace ferrotunnel::peers
