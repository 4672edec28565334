// Faults of a simulated etcd and of the ways to it, for some minutes; then all is in order.
//
//   away: it refuses or says nothing     cut: one member does not reach it     revoked: leases end, as by a leader that
//   starved     restored: from an earlier state, under its id or another one     jump: a member's clock goes forward
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "simulation/cluster/cluster_etcd.hpp"
#include "simulation/cluster/cluster_member.hpp"

namespace ferrotunnel::simulation {

/// How the etcd of a seed is, and what happens to it.
struct ClusterEtcdProfile {
    explicit ClusterEtcdProfile(test::SeededRandom& random);

    Duration delay_max;          // of one way
    std::uint64_t lost_answers;  // percent of calls that have their effect without an answer
    std::uint64_t endpoints;     // at which a call is tried
    // The mean time between two of a kind; zero: none.
    Duration away_every;
    Duration cut_every;
    Duration revoke_every;
    Duration restore_every;
    Duration jump_every;
    Duration restart_every;
};

class ClusterEtcdFaults {
public:
    using Index = ClusterMember::Index;

    ClusterEtcdFaults(ClusterContext& context, ClusterEtcd& etcd, std::size_t members)
        : profile_(context.random), context_(context), etcd_(etcd), members_(members) {}

    const ClusterEtcdProfile& profile() const noexcept { return profile_; }

    void leave();
    void cut();
    void revoke();
    void restore();
    void mend();

    /// Whether what this member sends arrives; if not, whether it learns that at once.
    bool reaches(Index member) const;
    bool refuses() const noexcept { return away_ > 0 && is_refusing_; }
    bool loses_answer() { return !is_mended_ && context_.random.chance(profile_.lost_answers); }
    Duration delay();
    /// When the member last had trouble with it.
    TimePoint last_trouble(Index member) const;
    /// Since when nobody reaches it; never: somebody may.
    TimePoint away_since() const noexcept { return away_ > 0 ? away_since_ : never; }

private:
    void come_back();

    const ClusterEtcdProfile profile_;
    ClusterContext& context_;
    ClusterEtcd& etcd_;
    const std::size_t members_;
    int away_ = 0;
    bool is_refusing_ = false;
    bool is_mended_ = false;
    std::map<Index, int> cuts_;
    std::map<Index, TimePoint> cut_until_;
    TimePoint trouble_{};
    TimePoint away_since_{};
};

}  // namespace ferrotunnel::simulation
