// Names that another client of the same token has: probes, and what follows from them.
#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

std::size_t probes_among(const std::deque<Message>& messages) {
    return static_cast<std::size_t>(std::count_if(messages.begin(), messages.end(), [](const Message& message) {
        return std::holds_alternative<Probe>(message);
    }));
}

}  // namespace

TEST_CASE("register, contest: a client that answers keeps its name") {
    Cluster cluster = three();
    for (const MemberIndex home : {a, b, c}) {
        const Name name = cluster.host(home);
        REQUIRE(cluster.ask(a, name, ann).granted);
        for (const MemberIndex member : {a, b, c}) {
            const Answer refused = cluster.ask(member, name, ann_again);
            REQUIRE(refused.code == wire::Code::name_taken);
            REQUIRE_FALSE(refused.is_temporary);
            REQUIRE(refused.text.find("another client of the token") != std::string::npos);
        }
        REQUIRE(cluster[b].routes(name) == Indices{a});
        REQUIRE(cluster.take<Revoked>(a).empty());
    }
}

TEST_CASE("register, contest: a client that is silent loses its name to the next one") {
    Cluster cluster = three();
    for (const MemberIndex home : {a, b, c}) {
        const Name name = cluster.host(home);
        const Answer before = cluster.ask(a, name, ann);
        cluster.silence(ann);
        const ClaimId claim = cluster.claim(b, name, ann_again);
        cluster.settle();
        REQUIRE(cluster.take<ProbeClient>(a).size() == 1);
        REQUIRE_FALSE(cluster.answer(claim));
        cluster.pass(limits::probe_time - 1ms);
        REQUIRE_FALSE(cluster.answer(claim));
        cluster.pass(1ms);
        REQUIRE(cluster.answer(claim)->granted);
        REQUIRE(cluster.answer(claim)->since > before.since);
        REQUIRE(cluster[b].table().entry(b, name)->claim.over == before.since);
        const std::vector<Revoked> revoked = cluster.take<Revoked>(a);
        REQUIRE(revoked.size() == 1);
        REQUIRE(revoked[0].name == name);
        REQUIRE(revoked[0].owner == ann);
        REQUIRE(revoked[0].since == before.since);
        for (const MemberIndex member : {a, b, c}) {
            REQUIRE(cluster[member].table().entries(name).size() == 1);
        }
        REQUIRE(cluster[c].routes(name) == Indices{b});
    }
}

TEST_CASE("register, contest: a client is probed where it is; one answer is enough") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    REQUIRE(cluster.ask(b, name, ann).granted);
    cluster.silence(ann);
    const ClaimId claim = cluster.claim(c, name, ann_again);
    cluster.settle();
    const std::vector<ProbeClient> at_a = cluster.take<ProbeClient>(a);
    const std::vector<ProbeClient> at_b = cluster.take<ProbeClient>(b);
    REQUIRE(at_a.size() == 1);
    REQUIRE(at_b.size() == 1);
    cluster.note(a, cluster[a].probed(at_a[0].probe, false, cluster.now()));
    cluster.settle();
    REQUIRE_FALSE(cluster.answer(claim));
    const bool answers = GENERATE(true, false);
    cluster.note(b, cluster[b].probed(at_b[0].probe, answers, cluster.now()));
    cluster.settle();
    REQUIRE(cluster.answer(claim)->granted == !answers);
    REQUIRE(cluster.take<Revoked>(a).size() == (answers ? 0 : 1));
    REQUIRE(cluster.take<Revoked>(b).size() == (answers ? 0 : 1));
}

TEST_CASE("register, contest: one probe of an owner is shared by all its names") {
    Cluster cluster = three();
    std::vector<ClaimId> claims;
    for (std::size_t i = 0; i < 5; ++i) {
        REQUIRE(cluster.ask(a, cluster.host(c, i), ann).granted);
    }
    cluster.silence(ann);
    for (std::size_t i = 0; i < 5; ++i) {
        claims.push_back(cluster.claim(b, cluster.host(c, i), ann_again));
    }
    cluster.send(b, c);
    cluster.deliver(b, c);
    cluster.send(c, a);
    REQUIRE(probes_among(cluster.wire(c, a)) == 1);
    cluster.settle();

    SECTION("if it is silent") {
        cluster.pass(limits::probe_time);
        for (const ClaimId claim : claims) {
            REQUIRE(cluster.answer(claim)->granted);
        }
        REQUIRE(cluster.take<Revoked>(a).size() == 5);
    }
    SECTION("if it answers") {
        const std::vector<ProbeClient> probes = cluster.take<ProbeClient>(a);
        cluster.note(a, cluster[a].probed(probes.at(0).probe, true, cluster.now()));
        cluster.settle();
        for (const ClaimId claim : claims) {
            REQUIRE_FALSE(cluster.answer(claim)->granted);
        }
    }
}

TEST_CASE("register, contest: a name that has ended meanwhile says nothing about the owner's other names") {
    Cluster cluster = three();
    const Name ended = cluster.host(c, 0);
    const Name kept = cluster.host(c, 1);
    REQUIRE(cluster.ask(a, ended, ann).granted);
    const ClaimId first = cluster.last_claim();
    REQUIRE(cluster.ask(a, kept, ann).granted);
    const ClaimId one = cluster.claim(b, ended, ann_again);  // it is the name of the probe
    const ClaimId other = cluster.claim(b, kept, ann_again);
    cluster.send(b, c);
    cluster.deliver(b, c);
    cluster.send(c, a);
    cluster.release(a, first);
    cluster.settle();
    REQUIRE(cluster.answer(one)->granted);
    REQUIRE_FALSE(cluster.answer(other)->granted);
    REQUIRE(cluster[b].routes(kept) == Indices{a});
}

TEST_CASE("register, contest: of two clients that ask, the second one meets the first") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.silence(ann);
    const ClaimId first = cluster.claim(b, name, ann_again);
    const ClaimId second = cluster.claim(c, name, ann_once_more);
    cluster.settle();
    cluster.pass(limits::probe_time);
    cluster.pass(limits::probe_time);
    REQUIRE(cluster.answer(first)->granted != cluster.answer(second)->granted);
    REQUIRE(cluster.take<Revoked>(a).size() == 1);
    REQUIRE(cluster.take<Revoked>(b).empty());
    for (const MemberIndex member : {a, b, c}) {
        REQUIRE(cluster[member].table().entries(name).size() == 1);
    }
}

TEST_CASE("register, contest: a client can be followed at its own member") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.silence(ann);
    const ClaimId claim = cluster.claim(a, name, ann_again);
    cluster.settle();
    cluster.pass(limits::probe_time);
    REQUIRE(cluster.answer(claim)->granted);
    REQUIRE(cluster.take<Revoked>(a).size() == 1);
    REQUIRE(cluster[a].has(name));
    REQUIRE(cluster[b].table().entry(a, name)->claim.owner == ann_again);
}

TEST_CASE("register, contest: a member that is not linked keeps its names for a while") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.unlink_all(a);
    cluster.pass(limits::unreachable_time - 1ms);
    const Answer refused = cluster.ask(b, name, ann_again);
    REQUIRE_FALSE(refused.granted);
    REQUIRE(refused.is_temporary);
    REQUIRE(refused.text.find("member a") != std::string::npos);
    cluster.pass(1ms);
    REQUIRE(cluster.ask(b, name, ann_again).granted);
    REQUIRE(cluster[c].routes(name) == Indices{b});
    REQUIRE(cluster[c].table().entries(name).size() == 2);

    cluster.link_all();
    cluster.settle();
    REQUIRE(cluster.take<Revoked>(a).size() == 1);
    REQUIRE(cluster[c].table().entries(name).size() == 1);
    REQUIRE(cluster[a].routes(name) == Indices{b});
}

TEST_CASE("register, contest: a link that is lost during a probe ends the contest for now") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.silence(ann);
    const ClaimId claim = cluster.claim(b, name, ann_again);
    cluster.settle();

    SECTION("to the member that is probed") {
        cluster.unlink(a, c);
        cluster.settle();
        REQUIRE(cluster.answer(claim)->is_temporary);
    }
    SECTION("to the member that asks, which decides by its table: the client is linked") {
        cluster.unlink(b, c);
        cluster.settle();
        REQUIRE(cluster.answer(claim)->is_temporary);
    }
    cluster.pass(limits::probe_time);
    REQUIRE(cluster[c].waiting() == 0);
    REQUIRE(cluster.take<Revoked>(a).empty());
    REQUIRE(cluster[c].table().entries(name).size() == 1);
}

TEST_CASE("register, contest: a slow link says nothing about the client") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const ClaimId claim = cluster.claim(b, name, ann_again);
    cluster.send(b, c);
    cluster.deliver(b, c);
    cluster.send(c, a);  // the probe is on its way
    cluster.wait(3 * limits::probe_time);
    cluster.tick();
    cluster.send(c, b);
    REQUIRE(cluster.on_the_wire(c, b) == 0);
    cluster.settle();
    REQUIRE_FALSE(cluster.answer(claim)->granted);
    REQUIRE(cluster[c].routes(name) == Indices{a});
}

TEST_CASE("register, contest: an answer that is too late changes nothing") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.silence(ann);
    const ClaimId claim = cluster.claim(b, name, ann_again);
    cluster.settle();
    const ProbeClient probe = cluster.take<ProbeClient>(a).at(0);
    cluster.pass(limits::probe_time);
    REQUIRE(cluster.answer(claim)->granted);
    cluster.note(a, cluster[a].probed(probe.probe, true, cluster.now()));
    cluster.receive(a, c, Probed{1, true});
    cluster.settle();
    REQUIRE(cluster[c].routes(name) == Indices{b});
}

TEST_CASE("register, contest: an answer about a claim that has ended does not end the owner's next one") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const ClaimId first = cluster.last_claim();
    REQUIRE(cluster.ask(b, name, ann).granted);
    const ClaimId second = cluster.last_claim();
    const ClaimId other = cluster.claim(c, name, ann_again);
    cluster.send(c, b);  // a probe, which b answers when ann has nothing there

    cluster.release(b, second);
    const ClaimId again = cluster.claim(b, name, ann);  // since the same moment, as a has it
    cluster.send(b, c);
    cluster.deliver(b, c);
    cluster.release(a, first);
    cluster.settle();
    REQUIRE(cluster.answer(again)->granted);
    REQUIRE(cluster.answer(other));
    CHECK_FALSE(cluster.answer(other)->granted);
    CHECK(cluster[b].has(name));
    CHECK(cluster[c].routes(name) == Indices{b});
}

}  // namespace ferrotunnel::cluster::fixture
