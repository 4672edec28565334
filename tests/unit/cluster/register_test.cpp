#include "cluster/register.hpp"

#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {

TEST_CASE("register: a free name is granted, and visitors of every member are routed to it") {
    Cluster cluster = three();
    for (const MemberIndex home : {a, b, c}) {
        const Name name = cluster.host(home);
        const Answer answer = cluster.ask(b, name, ann);
        REQUIRE(answer.granted);
        REQUIRE_FALSE(answer.provisional);
        REQUIRE(answer.since == cluster[b].table().entry(b, name)->claim.since);
        REQUIRE(cluster[b].has(name));
        REQUIRE(cluster[b].routes(name).empty());
        REQUIRE(cluster[a].routes(name) == Indices{b});
        REQUIRE(cluster[c].routes(name) == Indices{b});
        REQUIRE_FALSE(cluster[a].has(name));
        REQUIRE_FALSE(cluster.take<RoutesChanged>(c).empty());
    }
}

TEST_CASE("register: a member without others decides at once") {
    Cluster cluster({"a"});
    REQUIRE_FALSE(cluster[a].is_recovering());
    const ClaimId claim = cluster.claim(a, cluster.host(a), ann);
    REQUIRE(cluster.answer(claim)->granted);
    REQUIRE(cluster[a].waiting() == 0);
}

TEST_CASE("register: one token has a host with all its paths") {
    Cluster cluster = three();
    REQUIRE(cluster.ask(a, cluster.host(b, 0, "/one"), ann).granted);
    const Answer refused = cluster.ask(c, cluster.host(b, 0, "/two"), bob);
    REQUIRE_FALSE(refused.granted);
    REQUIRE(refused.code == wire::Code::name_taken);
    REQUIRE_FALSE(refused.is_temporary);
    REQUIRE(refused.text.find("another token") != std::string::npos);
    REQUIRE(cluster.ask(c, cluster.host(b, 0, "/two"), ann_again).granted);
    REQUIRE(cluster.ask(a, cluster.port(b), ann).granted);
    REQUIRE(cluster.ask(c, cluster.port(b), bob).code == wire::Code::port_taken);
}

TEST_CASE("register: an owner has its name at several members, since the same moment") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Answer first = cluster.ask(a, name, ann);
    cluster.pass(5s);
    const Answer second = cluster.ask(b, name, ann);
    REQUIRE(second.granted);
    REQUIRE(second.since == first.since);
    REQUIRE(cluster[c].routes(name) == Indices{a, b});
    REQUIRE(cluster[a].routes(name) == Indices{b});
    REQUIRE(cluster.take<Revoked>(a).empty());

    SECTION("only with the same terms, here and elsewhere") {
        for (const MemberIndex member : {a, c}) {
            const Answer refused = cluster.ask(member, name, ann, 2);
            REQUIRE_FALSE(refused.granted);
            REQUIRE(refused.code == wire::Code::name_taken);
            REQUIRE(refused.text.find("other settings") != std::string::npos);
        }
    }
    SECTION("terms at a member that is not linked do not count") {
        const Name other = cluster.host(c, 1);
        REQUIRE(cluster.ask(a, other, ann, 1).granted);
        cluster.unlink_all(a);
        REQUIRE(cluster.ask(b, other, ann, 2).granted);
    }
    SECTION("and the members that are ready come first") {
        cluster.note(a, cluster[a].set_readiness(name, Readiness::unhealthy));
        cluster.settle();
        REQUIRE(cluster[c].routes(name) == Indices{b, a});
        cluster.note(b, cluster[b].set_readiness(name, Readiness::draining));
        cluster.settle();
        REQUIRE(cluster[c].routes(name) == Indices{a, b});
        REQUIRE(cluster[c].table().entry(b, name)->claim.readiness == Readiness::draining);
    }
}

TEST_CASE("register: claims of one owner share a name, which ends with the last of them") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const ClaimId first = cluster.claim(a, name, ann);
    const ClaimId second = cluster.claim(a, name, ann);  // waits for the same answer
    cluster.settle();
    REQUIRE(cluster.answer(first)->granted);
    REQUIRE(cluster.answer(second)->granted);
    const ClaimId third = cluster.claim(a, name, ann);
    REQUIRE(cluster.answer(third)->since == cluster.answer(first)->since);

    cluster.release(a, first);
    cluster.release(a, third);
    cluster.settle();
    REQUIRE(cluster[b].routes(name) == Indices{a});
    cluster.release(a, third);  // a second time
    cluster.settle();
    REQUIRE(cluster[a].has(name));
    cluster.release(a, second);
    cluster.settle();
    REQUIRE_FALSE(cluster[a].has(name));
    REQUIRE(cluster[b].routes(name).empty());
    REQUIRE(cluster.ask(b, name, bob).granted);
}

TEST_CASE("register: claims that wait together have the same terms") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    cluster.claim(a, name, ann, 1);
    const ClaimId other = cluster.claim(a, name, ann, 2);
    REQUIRE(cluster.answer(other)->code == wire::Code::name_taken);
    cluster.settle();
    REQUIRE(cluster.answer(1)->granted);
}

TEST_CASE("register: a name that was released stays reserved for its token") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.release(a, cluster.last_claim(), 60s);
    cluster.settle();
    const Answer refused = cluster.ask(b, name, bob);
    REQUIRE(refused.code == wire::Code::name_taken);
    REQUIRE(refused.text.find("reserved") != std::string::npos);
    cluster.pass(59s);
    REQUIRE_FALSE(cluster.ask(b, name, bob).granted);

    SECTION("for its clients") {
        REQUIRE(cluster.ask(b, name, ann_again).granted);
    }
    SECTION("for this time") {
        cluster.pass(2s);
        REQUIRE(cluster.ask(b, name, bob).granted);
    }
}

TEST_CASE("register: each holder that ends asks for the reservation, and the last one gets it") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const ClaimId first = cluster.last_claim();
    REQUIRE(cluster.ask(b, name, ann).granted);
    cluster.release(a, first, 60s);
    cluster.release(b, cluster.last_claim(), 60s);  // neither knows of the other's end
    cluster.settle();
    REQUIRE_FALSE(cluster.ask(c, name, bob).granted);
}

TEST_CASE("register: a claim that is cancelled is never answered, and its grant is given back") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const ClaimId claim = cluster.claim(a, name, ann);

    SECTION("before the home has heard of it") {
        cluster.cancel(a, claim);
        cluster.settle();
    }
    SECTION("while the grant is on its way") {
        cluster.send(a, c);
        cluster.deliver(a, c);
        cluster.send(c, a);
        cluster.cancel(a, claim);
        cluster.settle();
    }
    SECTION("while the home probes") {
        cluster.settle();
        cluster.silence(ann);
        const ClaimId other = cluster.claim(b, name, ann_again);
        cluster.settle();
        REQUIRE(cluster[c].waiting() > 0);
        cluster.cancel(b, other);
        cluster.settle();
        cluster.pass(10s);
        REQUIRE_FALSE(cluster.answer(other));
        REQUIRE(cluster[c].routes(name) == Indices{a});
        cluster.release(a, claim);
        cluster.settle();
    }
    SECTION("after the grant, of which the caller has not read") {
        cluster.settle();
        cluster.cancel(a, claim);
        cluster.settle();
    }
    REQUIRE(cluster[c].table().entries(name).empty());
    REQUIRE(cluster[a].waiting() == 0);
    REQUIRE(cluster[c].waiting() == 0);
    REQUIRE(cluster.ask(b, name, bob).granted);
}

TEST_CASE("register: a claim after a cancelled one of the same owner is answered") {
    Cluster cluster = three();
    const Name name = cluster.host(c);

    SECTION("by the grant that was meant for the first") {
        const ClaimId first = cluster.claim(a, name, ann);
        cluster.cancel(a, first);
        const ClaimId other_terms = cluster.claim(a, name, ann, 2);
        REQUIRE(cluster.answer(other_terms)->is_temporary);
        const ClaimId second = cluster.claim(a, name, ann);
        cluster.settle();
        REQUIRE(cluster.answer(second)->granted);
        REQUIRE_FALSE(cluster.answer(first));
    }
    SECTION("by another request, if the first was cancelled at the home") {
        REQUIRE(cluster.ask(b, name, ann_again).granted);
        cluster.silence(ann_again);
        const ClaimId first = cluster.claim(a, name, ann);
        cluster.settle();
        cluster.cancel(a, first);
        const ClaimId second = cluster.claim(a, name, ann);
        cluster.settle();
        REQUIRE_FALSE(cluster.answer(second));
        cluster.pass(limits::probe_time);
        REQUIRE(cluster.answer(second)->granted);
    }
    REQUIRE(cluster[c].routes(name) == Indices{a});
}

TEST_CASE("register: a claim that is asked about twice keeps its deadline") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    cluster.cancel(a, cluster.claim(a, name, ann));
    const ClaimId second = cluster.claim(a, name, ann);
    const TimePoint deadline = cluster.now() + limits::decision_time;
    cluster.send(a, c);
    const RequestId request = std::get<ClaimRequest>(cluster.wire(a, c).front()).request;
    cluster.wait(limits::decision_time / 2);
    cluster.receive(c, a, Refused{request, wire::Code::cancelled, true, "cancelled"});
    cluster.send(a, c);
    REQUIRE(std::get<ClaimRequest>(cluster.wire(a, c).back()).request > request);
    REQUIRE_FALSE(cluster.answer(second));
    REQUIRE(cluster[a].next_deadline() == deadline);
}

TEST_CASE("register: `gone` of an earlier claim does not end the present one") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const Since since = cluster[c].table().entry(a, name)->claim.since;
    cluster.receive(a, c, Gone{name, since - 1, 0});
    REQUIRE(cluster[c].table().entry(a, name));
    cluster.receive(a, c, Gone{name, since, 0});
    REQUIRE_FALSE(cluster[c].table().entry(a, name));
}

TEST_CASE("register: what a member said before it received a grant does not change the grant") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const ClaimId before = cluster.last_claim();
    cluster.silence(ann);
    const ClaimId after = cluster.claim(a, name, ann_again);
    cluster.settle();
    // The home grants to the second client, while the first one's readiness is on its way.
    cluster.note(a, cluster[a].set_readiness(name, Readiness::unhealthy));
    cluster.send(a, c);
    cluster.pass(limits::probe_time);
    REQUIRE(cluster.answer(after)->granted);
    REQUIRE(cluster[c].table().entry(a, name)->claim.owner == ann_again);
    REQUIRE(cluster[c].routes(name) == Indices{a});
    REQUIRE(cluster.take<Revoked>(a).size() == 1);
    cluster.release(a, before);
    cluster.release(a, after);
    cluster.settle();
    REQUIRE(cluster[c].table().entries(name).empty());
    REQUIRE(cluster[b].table().entries(name).empty());
}

TEST_CASE("register: a decision that takes too long is refused for now, and a later grant is given back") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const ClaimId claim = cluster.claim(a, name, ann);
    cluster.send(a, c);
    cluster.deliver(a, c);
    const TimePoint asked = cluster.now();
    REQUIRE(cluster[a].next_deadline() == asked + limits::decision_time);
    cluster.note(a, cluster[a].tick(asked + limits::decision_time - 1ms));
    REQUIRE_FALSE(cluster.answer(claim));
    cluster.note(a, cluster[a].tick(asked + limits::decision_time));
    REQUIRE(cluster.answer(claim)->is_temporary);
    REQUIRE(cluster[a].next_deadline() > asked + limits::decision_time);
    REQUIRE(cluster[c].table().entry(a, name));
    cluster.settle();
    REQUIRE(cluster[c].table().entries(name).empty());
    REQUIRE(cluster[a].waiting() == 0);
}

TEST_CASE("register: what waits is reported until the cluster is at rest") {
    Cluster cluster = three();
    REQUIRE(cluster[a].waiting() == 0);
    cluster.claim(a, cluster.host(c), ann);
    REQUIRE(cluster[a].waiting() > 0);
    cluster.settle();
    for (const MemberIndex member : {a, b, c}) {
        REQUIRE(cluster[member].waiting() == 0);
    }
}

}  // namespace ferrotunnel::cluster::fixture
