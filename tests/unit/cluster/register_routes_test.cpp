// When a register reports that visitors of a name are sent elsewhere: its owner keeps a table of routes, which it only
// changes then.
#include <algorithm>

#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

bool reports(Cluster& cluster, MemberIndex member, const Name& name) {
    const std::vector<RoutesChanged> changed = cluster.take<RoutesChanged>(member);
    return std::any_of(changed.begin(), changed.end(), [&](const RoutesChanged& one) { return one.name == name; });
}

// a and b have the name for two owners, of whom a's wins, and b cannot reach the home.
ClaimId contend(Cluster& cluster, const Name& name) {
    REQUIRE(cluster.ask(a, name, ann).granted);
    const ClaimId first = cluster.last_claim();
    cluster.unlink_all(b);
    REQUIRE(cluster.ask(b, name, ann_again).provisional);
    cluster.link(a, b);
    cluster.settle();
    REQUIRE(cluster[a].routes(name).empty());
    cluster.take<RoutesChanged>(a);
    return first;
}

}  // namespace

TEST_CASE("register, routes: when the own claim that won has ended, the name's other owner is reported") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const ClaimId first = contend(cluster, name);

    SECTION("given up by its client") {
        cluster.release(a, first, 60s);
    }
    SECTION("ended by the home") {
        cluster.receive(c, a, Lost{name, cluster[a].table().entry(a, name)->claim.since});
        REQUIRE(cluster.take<Revoked>(a).size() == 1);
    }
    REQUIRE_FALSE(cluster[a].has(name));
    REQUIRE(cluster[a].routes(name) == Indices{b});
    REQUIRE(reports(cluster, a, name));
}

TEST_CASE("register, routes: the end of a name that nobody else has changes no routes") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.take<RoutesChanged>(a);
    cluster.release(a, cluster.last_claim());
    REQUIRE(cluster[a].routes(name).empty());
    REQUIRE_FALSE(reports(cluster, a, name));
}

}  // namespace ferrotunnel::cluster::fixture
