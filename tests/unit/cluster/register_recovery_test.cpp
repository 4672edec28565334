// A home that has started, and members that lose their links or their memory.
#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {

TEST_CASE("register, recovery: a home refuses new names until all members have reported") {
    Cluster cluster = Cluster::without_links({"a", "b", "c"});
    const Name name = cluster.host(c);
    REQUIRE(cluster[c].is_recovering());
    REQUIRE(cluster.ask(c, name, ann).is_temporary);
    cluster.link(a, c);
    cluster.settle();
    const Answer refused = cluster.ask(a, name, ann);
    REQUIRE(refused.is_temporary);
    REQUIRE(refused.text.find("has started") != std::string::npos);
    cluster.link(b, c);
    REQUIRE(cluster[c].is_recovering());
    cluster.settle();
    REQUIRE_FALSE(cluster[c].is_recovering());
    REQUIRE(cluster.ask(a, name, ann).granted);
}

TEST_CASE("register, recovery: it ends after its time, without members that do not come") {
    Cluster cluster = Cluster::without_links({"a", "b", "c"});
    cluster.link(a, c);
    cluster.settle();
    REQUIRE(cluster[c].next_deadline() == cluster.now() + limits::recovery_time);
    cluster.pass(limits::recovery_time - 1ms);
    REQUIRE(cluster[c].is_recovering());
    cluster.pass(1ms);
    REQUIRE_FALSE(cluster[c].is_recovering());
    REQUIRE(cluster.ask(a, cluster.host(c), ann).granted);
}

TEST_CASE("register, recovery: a home that restarts grants what others still have to nobody else") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Name other = cluster.host(c, 1);
    const Answer before = cluster.ask(a, name, ann);
    cluster.restart(c);
    cluster.link(a, c);
    cluster.settle();
    REQUIRE(cluster[c].is_recovering());
    REQUIRE(cluster.ask(a, other, ann).is_temporary);
    REQUIRE(cluster.ask(c, name, ann_again).is_temporary);
    REQUIRE(cluster.ask(c, name, bob).code == wire::Code::name_taken);
    const Answer same = cluster.ask(c, name, ann);
    REQUIRE(same.granted);
    REQUIRE(same.since == before.since);
}

TEST_CASE("register, recovery: members report what they know of members that the home cannot reach") {
    Cluster cluster = three();
    const Name held = cluster.host(c, 0);
    const Name reserved = cluster.host(c, 1);
    const Name own = cluster.host(c, 2);
    const Name of_other_home = cluster.host(b);
    REQUIRE(cluster.ask(a, held, ann).granted);
    REQUIRE(cluster.ask(a, of_other_home, ann).granted);
    REQUIRE(cluster.ask(a, reserved, ann).granted);
    cluster.release(a, cluster.last_claim(), 1h);
    REQUIRE(cluster.ask(c, own, ann).granted);
    cluster.settle();
    cluster.unlink_all(a);
    cluster.restart(c);
    cluster.link(b, c);
    cluster.settle();
    cluster.pass(limits::recovery_time);
    REQUIRE_FALSE(cluster[c].is_recovering());

    for (const Name& name : {held, reserved, own}) {
        const Answer refused = cluster.ask(b, name, bob);
        REQUIRE_FALSE(refused.granted);
        REQUIRE(refused.code == wire::Code::name_taken);
    }
    REQUIRE(cluster[c].table().entry(a, held)->claim.owner == ann);
    REQUIRE(cluster[c].routes(held).empty());
    REQUIRE_FALSE(cluster[c].table().entry(a, of_other_home));

    SECTION("which own until they say otherwise") {
        cluster.restart(a);
        cluster.link_all();
        cluster.settle();
        REQUIRE_FALSE(cluster[c].table().entry(a, held));
        REQUIRE_FALSE(cluster.ask(b, held, bob).granted);  // reserved
        REQUIRE(cluster.ask(b, held, ann_again).granted);
    }
    SECTION("and route when they confirm it") {
        cluster.link_all();
        cluster.settle();
        REQUIRE(cluster[c].routes(held) == Indices{a});
    }
    SECTION("but hearsay does not replace what they say themselves") {
        cluster.link_all();
        cluster.settle();
        const Since since = cluster[c].table().entry(a, held)->claim.since;
        cluster.receive(b, c, Have{"a", {Claim{held, bob, since - 1, 0, 1}}});
        cluster.receive(b, c, Have{"a", {Claim{cluster.host(c, 5), bob, since, 0, 1}}});
        REQUIRE(cluster[c].table().entry(a, held)->claim.owner == ann);
        REQUIRE_FALSE(cluster[c].table().entry(a, cluster.host(c, 5)));
    }
}

TEST_CASE("register, recovery: hearsay counts until a member has sent all its claims") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const Name ended = cluster.host(c, 1);
    REQUIRE(cluster.ask(a, name, ann).granted);
    const Since since = cluster[b].table().entry(a, name)->claim.since;
    cluster.restart(c);
    cluster.link(a, c);
    cluster.receive(a, c, through_bytes(*cluster[a].next(cluster.link_id(a, c), cluster.now())));
    cluster.link(b, c);
    cluster.send(b, c);
    cluster.deliver(b, c);
    REQUIRE(cluster[c].table().entry(a, name));
    cluster.receive(b, c, Have{"a", {Claim{name, ann, since, 0, 1}, Claim{ended, ann, since, 0, 1}}});

    SECTION("also if its link is lost before that") {
        cluster.unlink(a, c);
        cluster.settle();
        cluster.pass(limits::recovery_time);
        REQUIRE_FALSE(cluster.ask(c, name, bob).granted);
    }
    SECTION("and is not what it has repeated") {
        cluster.settle();
        REQUIRE(cluster[c].routes(name) == Indices{a});
        REQUIRE_FALSE(cluster[c].table().entry(a, ended));
    }
}

TEST_CASE("register, recovery: hearsay of a large table is sent in steps") {
    Cluster cluster = three();
    const std::size_t count = limits::step_max + 500;
    for (std::size_t i = 0; i < count; ++i) {
        const Name name = Name::of_host("host" + std::to_string(i) + ".example.com", "/");
        cluster.receive(a, b, Have{std::nullopt, {Claim{name, ann, cluster.wall(), 0, 1}}});
    }
    cluster.unlink_all(a);
    cluster.restart(c);
    cluster.link(b, c);
    cluster.settle();
    cluster.pass(1ms);
    std::size_t of_c = 0;
    cluster[b].table().for_each(a, [&](const Claim& claim) { of_c += cluster.members().home_of(claim.name) == c; });
    REQUIRE(of_c > 1000);
    REQUIRE(cluster[c].table().size(a) == of_c);
    cluster.take<LinkReady>(b);
}

TEST_CASE("register, recovery: the names of a member that restarts stay reserved for their tokens") {
    Cluster cluster = three();
    const Name host = cluster.host(c);
    const Name port = cluster.port(c);
    REQUIRE(cluster.ask(a, host, ann).granted);
    REQUIRE(cluster.ask(a, port, ann).granted);
    cluster.restart(a);
    cluster.link_all();
    cluster.settle();
    REQUIRE(cluster[b].table().size(a) == 0);
    REQUIRE_FALSE(cluster.ask(b, host, bob).granted);
    REQUIRE_FALSE(cluster.ask(b, port, bob).granted);
    cluster.pass(limits::port_reserved_for);
    REQUIRE(cluster.ask(b, port, bob).granted);
    REQUIRE_FALSE(cluster.ask(b, host, bob).granted);
    cluster.pass(limits::host_reserved_for);
    REQUIRE(cluster.ask(b, host, bob).granted);
}

TEST_CASE("register, recovery: the names of a member that does not return can be given up") {
    Cluster cluster = three();
    const Name port = cluster.port(c);
    REQUIRE(cluster.ask(a, port, ann).granted);
    REQUIRE_FALSE(cluster[c].forget(a, cluster.now()));
    cluster.unlink_all(a);
    cluster.pass(1min);
    REQUIRE_FALSE(cluster.ask(b, port, bob).granted);
    cluster.take<RoutesChanged>(c);
    Result<Effects, std::string> effects = cluster[c].forget(a, cluster.now());
    REQUIRE(effects);
    cluster.note(c, *effects);
    REQUIRE(cluster.take<RoutesChanged>(c).size() == 1);
    REQUIRE_FALSE(cluster.ask(b, port, bob).granted);
    cluster.pass(limits::port_reserved_for);
    REQUIRE(cluster.ask(b, port, bob).granted);
}

TEST_CASE("register, recovery: a grant that is lost on its way gives the name to nobody else") {
    Cluster cluster = three();
    const Name name = cluster.host(c);
    const ClaimId claim = cluster.claim(a, name, ann);
    cluster.send(a, c);
    cluster.deliver(a, c);
    cluster.send(c, a);
    cluster.unlink(a, c);
    REQUIRE(cluster.answer(claim)->is_temporary);
    REQUIRE_FALSE(cluster.ask(b, name, bob).granted);

    SECTION("until the member is linked again, and does not have it") {
        cluster.link(a, c);
        cluster.settle();
        REQUIRE_FALSE(cluster[c].table().entry(a, name));
        REQUIRE(cluster.ask(b, name, ann_again).granted);
    }
    SECTION("and does not route") {
        REQUIRE(cluster[c].routes(name).empty());
    }
}

TEST_CASE("register, recovery: what changed while a link was lost is known when it is back") {
    Cluster cluster = three();
    std::vector<ClaimId> claims;
    for (std::size_t i = 0; i < 40; ++i) {
        REQUIRE(cluster.ask(a, cluster.host(c, i), ann).granted);
        claims.push_back(cluster.last_claim());
    }
    cluster.unlink(a, b);
    for (std::size_t i = 0; i < 40; i += 2) {
        cluster.release(a, claims[i]);
    }
    cluster.settle();
    REQUIRE(cluster.ask(a, cluster.host(c, 50), ann).granted);
    REQUIRE(cluster[b].table().size(a) == 40);
    cluster.link(a, b);

    SECTION("at the end of the sync") {
        cluster.settle();
    }
    SECTION("with changes during the sync, before and after its cursor") {
        const LinkId link = cluster.link_id(a, b);
        for (int i = 0; i < 3; ++i) {
            cluster.receive(a, b, through_bytes(*cluster[a].next(link, cluster.now())));
        }
        for (std::size_t i = 1; i < 40; i += 2) {
            cluster.release(a, claims[i]);
        }
        for (std::size_t i = 0; i < 40; i += 2) {
            cluster.claim(a, cluster.host(c, i), ann);
        }
        cluster.settle();
    }
    std::size_t own = 0;
    cluster[a].table().for_each(a, [&](const Claim& claim) {
        ++own;
        REQUIRE(cluster[b].table().entry(a, claim.name)->claim == claim);
    });
    REQUIRE(cluster[b].table().size(a) == own);
    REQUIRE(own == 21);
}

}  // namespace ferrotunnel::cluster::fixture
