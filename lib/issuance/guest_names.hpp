// Names whose certificates are here only because another member of the cluster has published them, or an earlier
// process had them: no client of the cluster offers them, and no operator has configured them.
#pragma once

#include <cstddef>
#include <functional>
#include <set>
#include <string>

#include "issuance/limits.hpp"
#include "issuance/saved_records.hpp"

namespace ferrotunnel::issuance {

/// One thread. A bounded number, so that a member that publishes certificates of ever new names does not fill the disks
/// of all others.
class GuestNames {
public:
    /// Whether a name is wanted here, or has no certificate here any more: then it is not a guest.
    using IsGone = std::function<bool(const std::string& name)>;

    explicit GuestNames(std::size_t most) : most_(most) {}

    /// Whether one more may be added. Examines those that are here at most once in limits::examine_interval.
    bool has_room(WallTime now, const IsGone& is_gone) {
        if (names_.size() >= most_ && now - examined_ >= limits::examine_interval) {
            examined_ = now;
            std::erase_if(names_, is_gone);
        }
        return names_.size() < most_;
    }
    void add(const std::string& name) { names_.insert(name); }
    void remove(const std::string& name) { names_.erase(name); }

private:
    const std::size_t most_;
    std::set<std::string> names_;
    WallTime examined_{};
};

}  // namespace ferrotunnel::issuance
