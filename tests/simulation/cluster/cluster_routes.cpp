#include "simulation/cluster/cluster_routes.hpp"

#include <utility>

#include "cluster/mutant.hpp"

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;

namespace {

// Of events of the worker that writes, which links and sessions can overtake.
constexpr ClusterMember::Source table_writer = ~ClusterMember::Source{0};

}  // namespace

void ClusterRoutes::changed(ClusterMember& member, const Name& name) {
    Table& table = tables_[member.incarnation()];
    const bool is_first = table.changed.empty();
    table.changed.try_emplace(name, member.reg().routes(name));
    if (is_first) {
        context_.events.after(context_.between(Duration(0), delay_max_),
                              [this, &member, incarnation = member.incarnation()] {
                                  member.in_process(table_writer, incarnation, [this, &member] { write(member); });
                              });
    }
}

void ClusterRoutes::write(const ClusterMember& member) {
    Table& table = tables_[member.incarnation()];
    for (auto& [name, routes] : std::exchange(table.changed, {})) {
        table.written[name] = mutant(cluster::Mutant::early_routes_written) ? routes : member.reg().routes(name);
    }
}

std::vector<ClusterRoutes::Index> ClusterRoutes::find(const ClusterMember& member, const Name& name) const {
    const auto table = tables_.find(member.incarnation());
    if (table == tables_.end()) {
        cluster_rule(member.reg().routes(name).empty(), "a member reports its first route");
        return {};
    }
    const auto found = table->second.written.find(name);
    const std::vector<Index> routes = found == table->second.written.end() ? std::vector<Index>() : found->second;
    cluster_rule(table->second.changed.contains(name) || routes == member.reg().routes(name),
                 "a table that has been written is what the register says");
    return routes;
}

}  // namespace ferrotunnel::simulation
