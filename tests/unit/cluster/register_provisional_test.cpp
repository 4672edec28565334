// Claims while their home is not linked: what the table permits is held provisionally until the home confirms it.
#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {

TEST_CASE("register, provisional: new names need their home") {
    Cluster cluster = three();
    cluster.unlink_all(c);
    const Answer refused = cluster.ask(a, cluster.host(c), ann);
    REQUIRE_FALSE(refused.granted);
    REQUIRE(refused.is_temporary);
    REQUIRE(refused.text.find("member c") != std::string::npos);
    REQUIRE(cluster.ask(a, cluster.host(b), ann).granted);
}

TEST_CASE("register, provisional: an owner keeps its name at other members without the home") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Answer before = cluster.ask(a, name, ann);
    cluster.unlink_all(c);
    REQUIRE_FALSE(cluster.ask(b, name, bob).granted);
    REQUIRE_FALSE(cluster.ask(b, name, ann_again).granted);
    REQUIRE(cluster.ask(b, name, ann, 2).is_temporary);
    const Answer answer = cluster.ask(b, name, ann);
    REQUIRE(answer.granted);
    REQUIRE(answer.provisional);
    REQUIRE(answer.since == before.since);
    REQUIRE(cluster[a].routes(name) == Indices{b});
    const ClaimId shared = cluster.claim(b, name, ann);
    REQUIRE(cluster.answer(shared)->provisional);

    cluster.link_all();
    cluster.settle();
    for (const MemberIndex member : {a, b, c}) {
        REQUIRE_FALSE(cluster[member].table().entry(b, name)->claim.provisional);
        REQUIRE(cluster[member].waiting() == 0);
    }
    REQUIRE(cluster[c].routes(name) == Indices{a, b});
    REQUIRE(cluster.take<Revoked>(b).empty());
}

TEST_CASE("register, provisional: a name that is reserved for the token does not need its home") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Answer before = cluster.ask(c, name, ann);
    REQUIRE(before.granted);
    cluster.release(c, cluster.last_claim(), 1h);  // the home is stopped in order: its clients go first
    cluster.settle();
    cluster.unlink_all(c);
    REQUIRE_FALSE(cluster.ask(b, name, bob).granted);
    REQUIRE(cluster.ask(b, cluster.host(c, 1), ann).is_temporary);  // not reserved
    const Answer answer = cluster.ask(b, name, ann);
    REQUIRE(answer.granted);
    REQUIRE(answer.provisional);
    REQUIRE(answer.since > before.since);
    REQUIRE(cluster[a].routes(name) == Indices{b});

    cluster.link_all();
    cluster.settle();
    cluster.pass(limits::ask_again_time);
    REQUIRE_FALSE(cluster[c].table().entry(b, name)->claim.provisional);
    REQUIRE(cluster[c].routes(name) == Indices{b});
    REQUIRE(cluster.take<Revoked>(b).empty());
}

TEST_CASE("register, provisional: a reservation that is about to end does not count") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(c, name, ann).granted);
    cluster.release(c, cluster.last_claim(), limits::unreachable_time);
    cluster.settle();
    cluster.unlink_all(c);
    REQUIRE(cluster.ask(b, name, ann).is_temporary);
}

TEST_CASE("register, provisional: a client follows another one whose member is not linked") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Answer before = cluster.ask(a, name, ann);
    cluster.unlink_all(c);
    cluster.unlink_all(a);
    const Answer answer = cluster.ask(b, name, ann_again);
    REQUIRE(answer.granted);
    REQUIRE(answer.provisional);
    REQUIRE(answer.since > before.since);

    SECTION("which stays away: the home agrees after a while") {
        cluster.link(b, c);
        cluster.settle();
        REQUIRE(cluster[c].table().entry(b, name)->claim.provisional);
        REQUIRE(cluster[c].routes(name) == Indices{b});
        cluster.pass(limits::unreachable_time + limits::ask_again_time);
        REQUIRE_FALSE(cluster[c].table().entry(b, name)->claim.provisional);
        REQUIRE(cluster[b].table().entry(b, name)->claim.over == before.since);
        REQUIRE(cluster.take<Revoked>(b).empty());
        cluster.link_all();
        cluster.settle();
        REQUIRE(cluster.take<Revoked>(a).size() == 1);
        REQUIRE(cluster[a].routes(name) == Indices{b});
    }
    SECTION("which is alive: the home refuses, and the claim is revoked") {
        cluster.link_all();
        cluster.settle();
        const std::vector<Revoked> revoked = cluster.take<Revoked>(b);
        REQUIRE(revoked.size() == 1);
        REQUIRE(revoked[0].owner == ann_again);
        REQUIRE_FALSE(cluster[b].has(name));
        REQUIRE(cluster.take<Revoked>(a).empty());
        for (const MemberIndex member : {a, b, c}) {
            REQUIRE(cluster[member].table().entries(name).size() == 1);
        }
    }
    SECTION("which is silent: the home probes, and grants") {
        cluster.silence(ann);
        cluster.link_all();
        cluster.settle();
        cluster.pass(limits::probe_time);
        REQUIRE(cluster.take<Revoked>(a).size() == 1);
        REQUIRE(cluster[a].routes(name) == Indices{b});
    }
    SECTION("and ends before the home is linked") {
        cluster.release(b, cluster.last_claim());
        cluster.link_all();
        cluster.settle();
        REQUIRE(cluster[c].routes(name) == Indices{a});
        REQUIRE_FALSE(cluster[c].table().entry(b, name));
    }
    SECTION("and ends while the home is asked") {
        cluster.silence(ann);
        cluster.link_all();
        cluster.settle();
        cluster.release(b, cluster.last_claim());
        cluster.settle();
        cluster.pass(limits::probe_time);
        REQUIRE(cluster[c].routes(name) == Indices{a});
        REQUIRE_FALSE(cluster[c].table().entry(b, name));
        REQUIRE(cluster.take<Revoked>(a).empty());
    }
    SECTION("and the home's link is lost while it is asked") {
        cluster.silence(ann);
        cluster.link_all();
        cluster.settle();
        cluster.unlink(b, c);
        REQUIRE(cluster[b].has(name));
        cluster.link(b, c);
        cluster.settle();
        cluster.pass(limits::probe_time);
        REQUIRE_FALSE(cluster[b].table().entry(b, name)->claim.provisional);
    }
    for (const MemberIndex member : {a, b, c}) {
        REQUIRE(cluster[member].waiting() == 0);
    }
}

TEST_CASE("register, provisional: a claim that waits when the home's link is lost is decided by the table") {
    Cluster cluster = three();
    const Name known = cluster.host(c, 0);
    const Name unknown = cluster.host(c, 1);
    REQUIRE(cluster.ask(a, known, ann).granted);
    const ClaimId one = cluster.claim(b, known, ann);
    const ClaimId other = cluster.claim(b, unknown, ann);
    cluster.unlink_all(c);
    cluster.settle();
    REQUIRE(cluster.answer(one)->provisional);
    REQUIRE(cluster.answer(other)->is_temporary);
    REQUIRE(cluster[b].waiting() == 1);  // the provisional one
}

TEST_CASE("register, provisional: a home that is linked is awaited, however the table is") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const ClaimId claim = cluster.claim(b, name, ann);
    cluster.note(b, cluster[b].tick(cluster.now() + limits::decision_time));
    REQUIRE_FALSE(cluster.answer(claim)->granted);
    REQUIRE(cluster.answer(claim)->is_temporary);
    cluster.settle();
    REQUIRE_FALSE(cluster[b].has(name));
    REQUIRE_FALSE(cluster[c].table().entry(b, name));
}

TEST_CASE("register, provisional: a home that recovers is asked again") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.unlink_all(c);
    cluster.unlink_all(a);
    REQUIRE(cluster.ask(b, name, ann_again).provisional);
    cluster.restart(c);
    cluster.link(b, c);
    cluster.settle();
    REQUIRE(cluster[c].is_recovering());
    REQUIRE(cluster[b].table().entry(b, name)->claim.provisional);
    cluster.pass(limits::recovery_time + limits::ask_again_time);
    REQUIRE_FALSE(cluster[c].is_recovering());
    REQUIRE_FALSE(cluster[b].table().entry(b, name)->claim.provisional);
    REQUIRE(cluster.take<Revoked>(b).empty());
}

TEST_CASE("register, provisional: as long as the lists differ, a root has a home only if it is the same in both") {
    Cluster cluster = three();
    // In the list of b there is a fourth member, which is the home of some of the names.
    const Members longer({"a", "b", "c", "d"}, "a");
    std::optional<Name> moved;
    std::optional<Name> same;
    for (std::size_t i = 0; !moved || !same; ++i) {
        const Name host = cluster.host(c, i);
        (longer.name(longer.home_of(host)) == "c" ? same : moved) = host;
    }
    cluster.unlink_all(b);
    cluster.start(b, {"a", "b", "c", "d"});
    cluster.link_all();
    cluster.settle();
    cluster.pass(limits::recovery_time);
    for (const MemberIndex member : {a, b, c}) {
        const Answer refused = cluster.ask(member, *moved, bob);
        REQUIRE_FALSE(refused.granted);
        REQUIRE(refused.is_temporary);
    }
    REQUIRE(cluster.ask(b, *same, bob).granted);

    cluster.unlink_all(b);
    REQUIRE(cluster.ask(a, *moved, bob).granted);
}

TEST_CASE("register, provisional: a claim that was made while lists differed is confirmed when they agree") {
    Cluster cluster = three();
    const Members longer({"a", "b", "c", "d"}, "a");
    Name name = cluster.host(a);
    for (std::size_t i = 0; longer.name(longer.home_of(name)) != "d"; ++i) {
        name = cluster.host(a, i);
    }
    REQUIRE(cluster.ask(c, name, ann).granted);
    cluster.unlink_all(b);
    cluster.start(b, {"a", "b", "c", "d"});
    cluster.link_all();
    cluster.settle();
    REQUIRE(cluster.ask(a, name, ann).provisional);  // at its home, which does not know whether it is
    cluster.unlink_all(b);
    cluster.pass(limits::ask_again_time);
    REQUIRE_FALSE(cluster[a].table().entry(a, name)->claim.provisional);
    REQUIRE(cluster[a].waiting() == 0);
}

}  // namespace ferrotunnel::cluster::fixture
