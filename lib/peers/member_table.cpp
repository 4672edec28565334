#include "peers/member_table.hpp"

#include <algorithm>

namespace ferrotunnel::peers {

MemberTable::Entry MemberTable::find(const std::string& name) const {
    const MutexLock lock(mutex_);
    const auto found =
        std::find_if(members_.begin(), members_.end(), [&name](const Entry& one) { return one->name() == name; });
    return found == members_.end() ? nullptr : *found;
}

std::vector<MemberTable::Entry> MemberTable::all() const {
    const MutexLock lock(mutex_);
    return members_;
}

MemberTable::Entry MemberTable::find_or_add(const std::string& name, const std::function<Entry()>& make) {
    const MutexLock lock(mutex_);
    const auto found =
        std::find_if(members_.begin(), members_.end(), [&name](const Entry& one) { return one->name() == name; });
    if (found != members_.end()) {
        return *found;
    }
    Entry made = make();
    if (made) {
        members_.push_back(made);
    }
    return made;
}

MemberTable::Entry MemberTable::forget(const std::string& name, const std::function<void()>& forgotten) {
    const MutexLock lock(mutex_);
    const auto found =
        std::find_if(members_.begin(), members_.end(), [&name](const Entry& one) { return one->name() == name; });
    if (found == members_.end() || !(*found)->forget()) {
        return nullptr;
    }
    Entry member = *found;
    members_.erase(found);
    forgotten();
    return member;
}

}  // namespace ferrotunnel::peers
