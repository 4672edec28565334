// Links of a register: who is accepted, what is sent, and what ends a link.
#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

std::string refused_hello(Cluster& cluster, const Hello& hello) {
    const Result<Effects, std::string> effects = cluster[a].connected(99, hello, cluster.now());
    REQUIRE_FALSE(effects);
    return effects.error();
}

}  // namespace

TEST_CASE("register, links: a hello says who the member is, and is refused from others") {
    Cluster cluster = three();
    Hello hello = cluster[b].hello();
    REQUIRE(hello.member == "b");
    REQUIRE(hello.members == Cluster::Names{"a", "b", "c"});
    REQUIRE(hello.incarnation != 0);
    REQUIRE_FALSE(hello.recovering);

    hello.member = "d";
    hello.members = {"a", "d"};
    REQUIRE(refused_hello(cluster, hello).find("d is not in this server's list") != std::string::npos);
    hello.member = "a";
    REQUIRE(refused_hello(cluster, hello).find("own name") != std::string::npos);
    hello.member = "b";
    hello.members = {"b", "c"};
    REQUIRE(refused_hello(cluster, hello).find("not in the list of the member b") != std::string::npos);
    REQUIRE(cluster[a].is_linked(b));
}

TEST_CASE("register, links: visitors are routed to a member when it has sent all its claims") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    cluster.take<MemberRouted>(b);
    cluster.unlink(a, b);
    REQUIRE_FALSE(cluster[b].is_linked(a));
    REQUIRE(cluster[b].routes(name).empty());
    REQUIRE(cluster[b].table().entry(a, name));
    std::vector<MemberRouted> routed = cluster.take<MemberRouted>(b);
    REQUIRE(routed.size() == 1);
    REQUIRE_FALSE(routed[0].is_routed);

    cluster.link(a, b);
    REQUIRE(cluster[b].is_linked(a));
    REQUIRE(cluster[b].routes(name).empty());
    REQUIRE(cluster.take<MemberRouted>(b).empty());
    cluster.unlink(a, b);
    REQUIRE(cluster.take<MemberRouted>(b).empty());
    cluster.link(a, b);
    cluster.settle();
    REQUIRE(cluster[b].routes(name) == Indices{a});
    routed = cluster.take<MemberRouted>(b);
    REQUIRE(routed.size() == 1);
    REQUIRE(routed[0].member == a);
    REQUIRE(routed[0].is_routed);
}

TEST_CASE("register, links: events of an earlier link are ignored") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const LinkId earlier = cluster.link_id(b, a);
    // b accepts a link of a before it has noticed that the earlier one is lost.
    Result<Effects, std::string> effects = cluster[b].connected(1000, cluster[a].hello(), cluster.now());
    REQUIRE(effects);
    cluster.note(b, *effects);
    REQUIRE(cluster[b].routes(name).empty());
    REQUIRE_FALSE(cluster[b].next(earlier, cluster.now()));
    REQUIRE(cluster[b].received(earlier, SyncEnd{}, cluster.now()).empty());
    REQUIRE(cluster[b].disconnected(earlier, cluster.now()).empty());
    REQUIRE(cluster[b].is_linked(a));
    REQUIRE(std::holds_alternative<SyncBegin>(*cluster[b].next(1000, cluster.now())));
}

TEST_CASE("register, links: a link is told once that it has a message, until it has read all") {
    Cluster cluster = three();
    cluster.take<LinkReady>(a);
    cluster.claim(a, cluster.host(c, 0), ann);
    const std::vector<LinkReady> ready = cluster.take<LinkReady>(a);
    REQUIRE(ready.size() == 1);
    REQUIRE(ready[0].member == c);
    REQUIRE(ready[0].link == cluster.link_id(a, c));
    cluster.claim(a, cluster.host(c, 1), ann);
    REQUIRE(cluster.take<LinkReady>(a).empty());
    cluster.send(a, c);
    cluster.claim(a, cluster.host(c, 2), ann);
    REQUIRE(cluster.take<LinkReady>(a).size() == 1);
}

TEST_CASE("register, links: a new link is ready at once") {
    Cluster cluster = Cluster::without_links({"a", "b"});
    cluster.link(a, b);
    REQUIRE(cluster.take<LinkReady>(a).size() == 1);
    REQUIRE(cluster.take<LinkReady>(b).size() == 1);
}

TEST_CASE("register, links: a member asks when it has sent all its claims") {
    Cluster cluster = three();
    const std::size_t count = 3 * limits::claims_per_message;
    for (std::size_t i = 0; i < count; ++i) {
        REQUIRE(cluster.ask(a, cluster.host(c, i), ann).granted);
    }
    cluster.unlink(a, c);
    cluster.link(a, c);
    const ClaimId claim = cluster.claim(a, cluster.host(c, count), ann);
    cluster.send(a, c);
    const std::deque<Message>& wire = cluster.wire(a, c);
    REQUIRE(std::holds_alternative<ClaimRequest>(wire.back()));
    REQUIRE(std::holds_alternative<SyncEnd>(wire[wire.size() - 2]));
    cluster.settle();
    REQUIRE(cluster.answer(claim)->granted);

    cluster.unlink(a, c);
    cluster.link(a, c);
    cluster.receive(a, c, ClaimRequest{1000, cluster.host(c, 0), bob, 1});
    REQUIRE(cluster.take<LinkRefused>(c).at(0).why.find("asked before") != std::string::npos);
}

TEST_CASE("register, links: of a name that changes several times, the last state is sent") {
    Cluster cluster = three();
    const Name name = cluster.host(a);
    const ClaimId first = cluster.claim(a, name, ann);
    cluster.release(a, first);
    cluster.send(a, b);
    REQUIRE(cluster.on_the_wire(a, b) == 0);
    const ClaimId second = cluster.claim(a, name, ann);
    REQUIRE(cluster.answer(second)->granted);
    for (const Readiness readiness : {Readiness::standby, Readiness::unhealthy, Readiness::draining}) {
        cluster.note(a, cluster[a].set_readiness(name, readiness));
        cluster.note(a, cluster[a].set_readiness(name, readiness));
    }
    cluster.send(a, b);
    REQUIRE(cluster.on_the_wire(a, b) == 1);
    REQUIRE(std::get<Have>(cluster.wire(a, b).front()).claims.at(0).readiness == Readiness::draining);
    cluster.settle();
    // What the receiver has is ended by its `since`, whatever has happened in between.
    const Since known = cluster[b].table().entry(a, name)->claim.since;
    cluster.release(a, second);
    cluster.pass(1ms);
    const ClaimId third = cluster.claim(a, name, ann);
    cluster.release(a, third);
    cluster.send(a, b);
    cluster.settle();
    REQUIRE(cluster[b].table().entries(name).empty());
    REQUIRE(known != 0);
}

TEST_CASE("register, links: a peer that violates the protocol loses its link") {
    const auto violate = [](const Message& message, const std::string& why) {
        Cluster cluster = three();
        const Name name = cluster.host(c);
        REQUIRE(cluster.ask(c, name, ann).granted);
        const LinkId link = cluster.link_id(c, a);
        cluster.receive(c, a, message);
        const std::vector<LinkRefused> refused = cluster.take<LinkRefused>(a);
        REQUIRE(refused.size() == 1);
        REQUIRE(refused[0].member == c);
        REQUIRE(refused[0].link == link);
        REQUIRE(refused[0].why.find(why) != std::string::npos);
        REQUIRE_FALSE(cluster[a].is_linked(c));
        REQUIRE(cluster[a].routes(name).empty());
        REQUIRE(cluster[a].received(link, SyncBegin{}, cluster.now()).empty());
    };
    const Cluster cluster = three();
    Claim late{cluster.host(c), ann, cluster.wall() + 1, 0, 1};
    late.since += static_cast<Since>(std::chrono::milliseconds(limits::clock_difference_max).count());
    violate(Hello{"c", 1, {"a", "b", "c"}, false, 0, ""}, "hello twice");
    violate(SyncBegin{}, "twice");
    violate(SyncEnd{}, "had not begun");
    violate(Have{std::nullopt, {late}}, "clock");
    violate(Have{"b", {late}}, "clock");
    violate(Granted{77, cluster.wall(), 0}, "not asked");
}

TEST_CASE("register, links: a `since` of up to a day ahead is accepted, and followed") {
    Cluster cluster = three();
    const Since most =
        cluster.wall() + static_cast<Since>(std::chrono::milliseconds(limits::clock_difference_max).count());
    cluster.receive(b, a, Have{std::nullopt, {Claim{cluster.host(c), ann, most, 0, 1}}});
    REQUIRE(cluster.take<LinkRefused>(a).empty());
    const Since late = most - 1000;
    cluster.receive(b, c, Have{std::nullopt, {Claim{cluster.host(c), ann, late, 0, 1}}});
    REQUIRE(cluster.ask(a, cluster.host(c, 1), ann).since > late);
    // A home that follows what was accepted at the edge of that day does not violate its own rules.
    const ClaimId own = cluster.claim(a, cluster.host(a), ann);
    REQUIRE(cluster.answer(own));
    REQUIRE(cluster.answer(own)->since > most);
}

}  // namespace ferrotunnel::cluster::fixture
