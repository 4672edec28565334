#include "simulation/cluster/cluster_routes.hpp"

#include "cluster/mutant.hpp"

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;
using namespace std::chrono_literals;

namespace {

// The worker that writes: events of links and sessions can overtake its turns.
constexpr ClusterMember::Source table_writer = ~ClusterMember::Source{0};

// A seed has up to about 15 names.
constexpr std::uint64_t step_max = 6;

}  // namespace

void ClusterRoutes::changed(ClusterMember& member, const Name& name) {
    Table& table = tables_[member.incarnation()];
    const bool is_first = table.waiting.empty();
    table.waiting.try_emplace(name, member.reg().routes(name));
    if (is_first) {
        write_later(member, context_.between(0s, delay_max_));
    }
}

void ClusterRoutes::write_later(ClusterMember& member, Duration time) {
    context_.events.after(time, [this, &member, incarnation = member.incarnation()] {
        member.in_process(table_writer, incarnation, [this, &member] { write(member); });
    });
}

void ClusterRoutes::write(ClusterMember& member) {
    Table& table = tables_[member.incarnation()];
    for (std::uint64_t left = context_.random.between(1, step_max); left > 0 && !table.waiting.empty(); --left) {
        const auto first = table.waiting.extract(table.waiting.begin());
        const Name& name = first.key();
        table.written[name] =
            mutant(cluster::Mutant::early_routes_written) ? first.mapped() : member.reg().routes(name);
    }
    if (!table.waiting.empty()) {
        write_later(member, context_.between(0s, 50ms));
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
    cluster_rule(table->second.waiting.contains(name) || routes == member.reg().routes(name),
                 "a name that does not wait is written as the register has it");
    return routes;
}

void ClusterRoutes::check(const ClusterMember& member, const std::vector<Name>& names) const {
    for (const Name& name : names) {
        cluster_rule(member.reg().has(name) || find(member, name) == member.reg().routes(name),
                     "in the end all routes are written");
    }
}

}  // namespace ferrotunnel::simulation
