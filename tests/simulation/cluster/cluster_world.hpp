// One seed of the simulation of a cluster: members, links, clients and visitors, faults for some minutes, and then the
// time in which everything must come right.
//
//   faults --mend--> calm: clients get what they want --rest--> nothing is asked: the final check --> all leave:
//   nothing
//                                                                                                    is left
#pragma once

#include <memory>
#include <vector>

#include "simulation/cluster/cluster_clients.hpp"
#include "simulation/cluster/cluster_final.hpp"
#include "simulation/cluster/cluster_judge.hpp"
#include "simulation/cluster/cluster_member.hpp"
#include "simulation/cluster/cluster_network.hpp"
#include "simulation/cluster/cluster_routes.hpp"
#include "simulation/cluster/cluster_stores.hpp"
#include "simulation/cluster/cluster_values.hpp"

namespace ferrotunnel::simulation {

class ClusterWorld {
public:
    /// `has_store`: an etcd decides about names.
    ClusterWorld(std::uint64_t seed, bool has_store, ClusterCounts& counts, bool logs);

    /// Throws std::exception where a rule is broken.
    void run();
    const std::vector<std::string>& lines() const noexcept { return context_.lines; }

private:
    using Index = ClusterMember::Index;

    void handle(ClusterMember& member, const ferrotunnel::cluster::Effects& effects);
    void handle_one(ClusterMember& member, const ferrotunnel::cluster::Effect& effect);
    void start(Index index);
    void crash(Index index);
    void crash(Index index, Duration down);
    void restart(Index index);
    void hang(Index index);
    void add_visitor();
    void visit(Index member, Index entry, const ferrotunnel::cluster::Name& name);
    /// Again and again around this time, until all is mended.
    void repeat(Duration every, const std::function<void()>& what);
    void repeat_faults();
    void mend();

    ClusterContext context_;
    const ClusterProfile profile_;
    std::vector<std::unique_ptr<ClusterMember>> members_;
    ClusterJudge judge_;
    ClusterNetwork network_;
    ClusterClients clients_;
    ClusterValues values_;
    ClusterRoutes routes_{context_, profile_.route_delay_max};
    std::unique_ptr<ClusterStores> stores_;  // null: homes decide
    bool is_mended_ = false;
};

}  // namespace ferrotunnel::simulation
