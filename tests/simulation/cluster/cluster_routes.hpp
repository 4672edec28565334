// The tables by which the members of a simulated cluster route visitors: each is older than its register by some time,
// as those of servers, which write changes in later turns of a worker, in steps (peers/remote_names.hpp).
//
//   names that changed --after a delay--> some are written as the register has them then --> the rest, one turn later
//
//   - a name that does not wait is written as the register has it, unless own clients have it
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "simulation/cluster/cluster_member.hpp"

namespace ferrotunnel::simulation {

class ClusterRoutes {
public:
    using Index = ClusterMember::Index;
    using Name = ferrotunnel::cluster::Name;

    ClusterRoutes(ClusterContext& context, Duration delay_max) : context_(context), delay_max_(delay_max) {}

    /// The member reports that visitors of this name go to other members than before.
    void changed(ClusterMember& member, const Name& name);
    /// The members that the table of the present process has for a name that its own clients do not have.
    std::vector<Index> find(const ClusterMember& member, const Name& name) const;
    /// No name waits.
    void check(const ClusterMember& member, const std::vector<Name>& names) const;

private:
    struct Table {
        std::map<Name, std::vector<Index>> written{};
        std::map<Name, std::vector<Index>> waiting{};  // with the routes when it began to wait: not to be written
    };

    void write_later(ClusterMember& member, Duration time);
    void write(ClusterMember& member);

    ClusterContext& context_;
    const Duration delay_max_;
    std::map<std::uint64_t, Table> tables_{};  // by incarnation
};

}  // namespace ferrotunnel::simulation
