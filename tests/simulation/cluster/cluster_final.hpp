// What holds when faults have ended and every link was good for some time.
#pragma once

#include "simulation/cluster/cluster_clients.hpp"

namespace ferrotunnel::simulation {

class ClusterFinal {
public:
    using Index = ClusterMember::Index;
    using MemberList = std::vector<std::unique_ptr<ClusterMember>>;

    ClusterFinal(const MemberList& members, ClusterJudge& judge, const ClusterClients& clients)
        : members_(members), judge_(judge), clients_(clients) {}

    /// When all are linked no root has two tokens.
    void check_tokens();
    /// Tables agree, nothing waits, and each name has one owner, whose client is alive and not without reason.
    void check();
    /// All clients have left, and all reservations are over: nothing is left.
    void check_empty(TimePoint now);

private:
    using Name = ferrotunnel::cluster::Name;
    using Owner = ferrotunnel::cluster::Owner;

    void check_tables(const ClusterMember& one);
    void check_owners(const Name& name);
    void check_routes(const Name& name);

    const MemberList& members_;
    ClusterJudge& judge_;
    const ClusterClients& clients_;
};

}  // namespace ferrotunnel::simulation
