#include "simulation/cluster/cluster_final.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;

void ClusterFinal::check() {
    cluster_rule(judge_.unanswered() == 0, "in the end no claim waits");
    for (const auto& one : members_) {
        cluster_rule(!one->reg().is_recovering(), "in the end no home recovers");
        cluster_rule(one->reg().waiting() == 0, "in the end nothing waits for an answer");
        check_tables(*one);
    }
    check_tokens();
    for (const Name& name : clients_.names()) {
        check_owners(name);
        check_routes(name);
    }
}

void ClusterFinal::check_tokens() {
    std::map<std::string, wire::TokenId> tokens;
    for (const auto& one : members_) {
        for (const auto& [name, holding] : judge_.holdings(one->index())) {
            const auto [at, is_new] = tokens.try_emplace(std::string(name.root()), holding.claim.owner.token);
            cluster_rule(at->second == holding.claim.owner.token, "when all are linked a root has one token");
        }
    }
}

void ClusterFinal::check_tables(const ClusterMember& one) {
    for (const auto& other : members_) {
        cluster_rule(one.index() == other->index() || one.reg().is_linked(other->index()), "in the end all are linked");
        const auto& held = judge_.holdings(other->index());
        std::size_t count = 0;
        one.reg().table().for_each(other->index(), [&](const cluster::Claim& claim) {
            const auto found = held.find(claim.name);
            cluster_rule(found != held.end(), "in the end a table has only what members have");
            const auto own = other->reg().table().entry(other->index(), claim.name);
            cluster_rule(own && own->claim.owner == claim.owner && own->claim.since == claim.since &&
                             own->claim.over == claim.over && own->claim.terms == claim.terms &&
                             own->claim.readiness == claim.readiness,
                         "in the end tables agree");
            cluster_rule(!claim.provisional && !own->claim.provisional, "in the end nothing is provisional");
            cluster_rule(one.reg().table().entry(other->index(), claim.name)->routes,
                         "in the end all that is owned routes");
            ++count;
        });
        cluster_rule(count == held.size() && one.reg().table().size(other->index()) == count,
                     "in the end a table has all that members have");
    }
}

void ClusterFinal::check_owners(const Name& name) {
    std::set<Owner> owners;
    for (const auto& one : members_) {
        const auto found = judge_.holdings(one->index()).find(name);
        if (found != judge_.holdings(one->index()).end()) {
            owners.insert(found->second.claim.owner);
        }
    }
    cluster_rule(owners.size() <= 1, "in the end a name has one owner");
    for (const Owner& owner : owners) {
        cluster_rule(clients_.is_living(owner), "in the end the owner of a name is alive");
    }
    for (const Owner& owner : clients_.living(name)) {
        cluster_rule(judge_.is_contested_by_token(name, owner.token) || owners.size() == 1,
                     "in the end a name that one token wants has an owner");
    }
    if (owners.size() == 1) {
        cluster_rule(clients_.unserved(name, *owners.begin()) == 0,
                     "in the end the owner has its name at all its members");
    }
}

// As a visitor finds it at each member.
void ClusterFinal::check_routes(const Name& name) {
    std::vector<Index> having;
    for (const auto& one : members_) {
        if (one->reg().has(name)) {
            having.push_back(one->index());
        }
    }
    for (const auto& one : members_) {
        auto routes = one->reg().routes(name);
        judge_.routed(one->index(), name, routes);
        std::sort(routes.begin(), routes.end());
        auto expected = having;
        std::erase(expected, one->index());
        cluster_rule(routes == expected, "in the end visitors are sent to all members that have the name");
    }
}

void ClusterFinal::check_empty(TimePoint now) {
    for (const auto& one : members_) {
        for (const auto& other : members_) {
            cluster_rule(one->reg().table().size(other->index()) == 0, "when all clients have left nothing is owned");
        }
        one->reg().table().for_each_reservation(now, [](const cluster::Reservation&) {
            cluster_rule(false, "when their time is over nothing is reserved");
        });
        cluster_rule(one->reg().waiting() == 0, "when all clients have left nothing waits");
    }
}

}  // namespace ferrotunnel::simulation
