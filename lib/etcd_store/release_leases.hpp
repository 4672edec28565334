// Leases of names that stay reserved for a time: one for each time, shared by releases that are close together.
#pragma once

#include <chrono>
#include <map>
#include <optional>

#include "base/clock.hpp"
#include "etcd/values.hpp"
#include "etcd_store/limits.hpp"

namespace ferrotunnel::etcd_store {

/// Sans-IO.
class ReleaseLeases {
public:
    /// A lease that lasts for the time, or a sixteenth longer; none: grant() one.
    std::optional<etcd::LeaseId> find(std::chrono::seconds time, TimePoint now) const {
        const auto found = leases_.find(time);
        const bool is_fresh = found != leases_.end() && now < found->second.usable_until;
        return is_fresh ? std::optional(found->second.id) : std::nullopt;
    }
    /// How long the lease has to be granted for.
    static std::chrono::seconds granted_for(std::chrono::seconds time) {
        return time + time / limits::release_share + std::chrono::seconds(1);
    }
    /// The lease was granted by a call that was sent at `sent`.
    void add(std::chrono::seconds time, etcd::LeaseId id, TimePoint sent) {
        if (leases_.size() >= limits::release_leases_max && !leases_.contains(time)) {
            std::erase_if(leases_, [sent](const auto& one) { return one.second.usable_until <= sent; });
        }
        if (leases_.size() < limits::release_leases_max || leases_.contains(time)) {
            leases_[time] = {id, sent + time / limits::release_share};
        }
    }
    /// Etcd has lost them.
    void clear() noexcept { leases_.clear(); }
    std::size_t size() const noexcept { return leases_.size(); }

private:
    struct Lease {
        etcd::LeaseId id = 0;
        TimePoint usable_until{};
    };

    std::map<std::chrono::seconds, Lease> leases_;
};

}  // namespace ferrotunnel::etcd_store
