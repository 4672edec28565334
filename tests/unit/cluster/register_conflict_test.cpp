// Two owners of one root, after a partition.
#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

// Both claims of the root were granted, as by a home that had forgotten the first.
void say(Cluster& cluster, MemberIndex from, const Name& name, const Owner& owner, Since since, Since over = 0) {
    for (const MemberIndex to : {a, b, c}) {
        if (to != from) {
            cluster.receive(from, to, Have{std::nullopt, {Claim{name, owner, since, over, 1}}});
        }
    }
}

std::vector<Lost> lost_among(const std::deque<Message>& messages) {
    std::vector<Lost> lost;
    for (const Message& message : messages) {
        if (const Lost* const found = std::get_if<Lost>(&message)) {
            lost.push_back(*found);
        }
    }
    return lost;
}

}  // namespace

TEST_CASE("register, conflict: the older owner wins, and the other's clients lose the name") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Since since = cluster.wall();
    const bool is_first_older = GENERATE(true, false);
    say(cluster, a, name, ann, is_first_older ? since : since + 1);
    say(cluster, b, name, ann_again, is_first_older ? since + 1 : since);
    const Indices winner = is_first_older ? Indices{a} : Indices{b};
    REQUIRE(cluster[c].routes(name) == winner);
    for (const MemberIndex member : {a, b}) {
        cluster.send(c, member);
        REQUIRE(lost_among(cluster.wire(c, member)).size() == (Indices{member} == winner ? 0 : 1));
    }
    for (const Lost& lost : lost_among(cluster.wire(c, is_first_older ? b : a))) {
        REQUIRE(lost.name == name);
        REQUIRE(lost.since == since + 1);
    }
}

TEST_CASE("register, conflict: an owner wins over those that the home has ended for it") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Since since = cluster.wall();
    say(cluster, a, name, ann, since);
    say(cluster, b, name, ann_again, since + 5, since);
    REQUIRE(cluster[c].routes(name) == Indices{b});
    cluster.send(c, a);
    REQUIRE(lost_among(cluster.wire(c, a)).size() == 1);
    cluster.send(c, b);
    REQUIRE(lost_among(cluster.wire(c, b)).empty());
}

TEST_CASE("register, conflict: one token wins a whole host, whatever the paths") {
    Cluster cluster = three();
    const Name name = cluster.host(c, 0, "/one");
    const Since since = cluster.wall();
    say(cluster, a, name, ann, since + 1);
    say(cluster, a, cluster.host(c, 0, "/two"), ann, since + 2);
    cluster.send(c, a);
    REQUIRE(lost_among(cluster.wire(c, a)).empty());
    say(cluster, b, cluster.host(c, 0, "/three"), bob, since);
    cluster.send(c, a);
    cluster.send(c, b);
    REQUIRE(lost_among(cluster.wire(c, a)).size() == 2);
    REQUIRE(lost_among(cluster.wire(c, b)).empty());

    say(cluster, a, cluster.host(c, 0, "/four"), ann, since + 3);
    cluster.send(c, a);
    REQUIRE(lost_among(cluster.wire(c, a)).size() == 3);
}

TEST_CASE("register, conflict: parts of a cluster that come together agree on one owner") {
    // a is cut off. Its client is unreachable, so another client of the token gets the name; a returns.
    Cluster cluster = three();
    const Name name = cluster.host(a);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.unlink_all(a);
    REQUIRE(cluster.ask(b, name, ann_again).provisional);
    REQUIRE(cluster[c].routes(name) == Indices{b});
    cluster.pass(1min);
    cluster.link_all();
    cluster.settle();
    REQUIRE(cluster.take<Revoked>(b).size() == 1);
    REQUIRE(cluster.take<Revoked>(a).empty());
    for (const MemberIndex member : {b, c}) {
        REQUIRE(cluster[member].routes(name) == Indices{a});
    }
}

TEST_CASE("register, conflict: a loser that is not linked is told when it returns, also at the home itself") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(c, name, ann).granted);
    const Since since = cluster[c].table().entry(c, name)->claim.since;
    cluster.receive(a, c, Have{std::nullopt, {Claim{name, bob, since - 1, 0, 1}}});
    const std::vector<Revoked> revoked = cluster.take<Revoked>(c);
    REQUIRE(revoked.size() == 1);
    REQUIRE(revoked[0].since == since);
    REQUIRE_FALSE(cluster[c].has(name));
    cluster.settle();
    REQUIRE_FALSE(cluster[b].table().entry(c, name));
}

TEST_CASE("register, conflict: only the home ends a claim, and only the present one") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const Since since = cluster[a].table().entry(a, name)->claim.since;
    cluster.receive(b, a, Lost{name, since});
    cluster.receive(c, a, Lost{name, since - 1});
    REQUIRE(cluster[a].has(name));
    cluster.receive(c, a, Lost{name, since});
    REQUIRE_FALSE(cluster[a].has(name));
    const std::vector<Revoked> revoked = cluster.take<Revoked>(a);
    REQUIRE(revoked.size() == 1);
    REQUIRE(revoked[0].text.find("another client has") != std::string::npos);
    cluster.release(a, cluster.last_claim(), 1h);  // what its session does then
    cluster.settle();
    REQUIRE(cluster.ask(b, name, bob).granted);
}

TEST_CASE("register, conflict: a loser that has ended is not told") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Since since = cluster.wall();
    say(cluster, a, name, ann, since);
    say(cluster, b, name, bob, since + 1);
    REQUIRE(cluster[c].waiting() == 1);
    cluster.receive(b, c, Gone{name, since + 1, 0});
    REQUIRE(cluster[c].waiting() == 0);
}

}  // namespace ferrotunnel::cluster::fixture
