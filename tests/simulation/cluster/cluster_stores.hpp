// The stores of a simulated cluster: one for each process, their etcd, its faults, and what is promised of them.
#pragma once

#include <memory>
#include <vector>

#include "simulation/cluster/cluster_etcd.hpp"
#include "simulation/cluster/cluster_etcd_faults.hpp"
#include "simulation/cluster/cluster_store.hpp"
#include "simulation/cluster/cluster_store_judge.hpp"

namespace ferrotunnel::simulation {

class ClusterStores {
public:
    using Index = ClusterMember::Index;
    using MemberList = std::vector<std::unique_ptr<ClusterMember>>;

    ClusterStores(ClusterContext& context, const MemberList& members, std::size_t count, ClusterJudge& judge);

    /// A process of the member has started.
    void started(ClusterMember& member);
    ClusterStore& of(Index member) { return *present_[member]; }
    ClusterEtcdFaults& faults() noexcept { return faults_; }
    /// Some member's clock goes forward.
    void jump();
    /// When faults have ended long ago.
    void check() const { judge_.check(); }
    /// When all have left; then no store does anything any more.
    void stop();
    /// A day after that.
    void check_empty();

private:
    ClusterContext& context_;
    const MemberList& members_;
    ClusterEtcd etcd_;
    ClusterEtcdFaults faults_;
    ClusterStoreJudge::Stores present_;
    ClusterStoreJudge::Stores past_;
    ClusterStoreJudge judge_;
};

}  // namespace ferrotunnel::simulation
