// Registers that ask a store outside, instead of homes: what they grant, refuse and hold while it answers, and while it
// does not.
#include "unit/cluster/store_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

class StoreOnly : public StoreRegisters {
public:
    StoreOnly() : StoreRegisters(Cluster::with_store({"a", "b", "c"})) {}
};

const Name app = Name::of_host("app.example.com", "/");
const Name api = Name::of_host("app.example.com", "/api");

}  // namespace

TEST_CASE_METHOD(StoreOnly, "register, store: what it grants is granted, and routed by the others") {
    REQUIRE(ask(a, app, ann).granted);
    REQUIRE(ask(b, app, ann).granted);
    REQUIRE(ask(b, api, ann_again).granted);  // the root is the token's
    REQUIRE(cluster[c].routes(app) == Indices{a, b});
    const Answer other = ask(c, api, bob);
    REQUIRE_FALSE(other.granted);
    REQUIRE_FALSE(other.is_temporary);
    REQUIRE(other.code == wire::Code::name_taken);
    REQUIRE(ask(c, app, ann, 2).text.find("other settings") != std::string::npos);
    REQUIRE(cluster[c].waiting() == 0);
    REQUIRE(store.claims.size() == 3);
}

TEST_CASE_METHOD(StoreOnly, "register, store: it decides between members that are not linked") {
    cluster.unlink(a, b);
    REQUIRE(ask(a, app, ann).granted);
    const Answer other = ask(b, app, bob);
    REQUIRE_FALSE(other.granted);
    REQUIRE_FALSE(other.is_temporary);
    const Answer again = ask(b, app, ann_again);  // it cannot be probed
    REQUIRE_FALSE(again.granted);
    REQUIRE(again.is_temporary);
    REQUIRE(again.text.find("member a") != std::string::npos);
    REQUIRE(ask(b, app, ann).granted);
}

TEST_CASE_METHOD(StoreOnly, "register, store: a store that lies does not give away what a linked member has") {
    REQUIRE(ask(a, app, ann).granted);
    store.claims.clear();
    REQUIRE_FALSE(ask(b, app, bob).granted);
    REQUIRE_FALSE(ask(b, app, ann, 2).granted);
    REQUIRE(store.claims.empty());  // it was not even asked
    for (const auto kind : {StoreAnswer::Kind::other_token, StoreAnswer::Kind::reserved, StoreAnswer::Kind::other_owner,
                            StoreAnswer::Kind::other_terms, StoreAnswer::Kind::unavailable}) {
        const Name name = Name::of_port(static_cast<std::uint16_t>(1000 + static_cast<int>(kind)), false);
        const ClaimId id = cluster.claim(b, name, bob);
        const std::vector<StoreClaim> asked = cluster.take<StoreClaim>(b);
        REQUIRE(asked.size() == 1);
        answer(b, asked[0], {kind, std::string(1000, '\x01')});
        answer(b, asked[0], {StoreAnswer::Kind::granted, {}});  // twice: the second answer is to nothing
        settle();
        REQUIRE_FALSE(cluster.answer(id)->granted);
    }
}

TEST_CASE_METHOD(StoreOnly, "register, store: a silent client of the same token is replaced") {
    REQUIRE(ask(a, app, ann).granted);
    REQUIRE_FALSE(ask(b, app, ann_again).granted);
    cluster.silence(ann);
    const ClaimId id = cluster.claim(b, app, ann_again);
    for (int i = 0; i < 3 && !cluster.answer(id); ++i) {
        pass(limits::probe_time + 1s);
    }
    // The store is asked while the other member gives the name up: until then, it refuses.
    if (!cluster.answer(id) || !cluster.answer(id)->granted) {
        REQUIRE(cluster.answer(id)->is_temporary);
        REQUIRE(ask(b, app, ann_again).granted);
    }
    REQUIRE(cluster.take<Revoked>(a).size() == 1);
    REQUIRE(store.claims == decltype(store.claims){{b, app, ann_again, 1}});
}

TEST_CASE_METHOD(StoreOnly, "register, store: the same at one member") {
    REQUIRE(ask(a, app, ann).granted);
    cluster.silence(ann);
    const ClaimId id = cluster.claim(a, app, ann_again);
    pass(limits::probe_time + 1s);
    REQUIRE(cluster.answer(id));
    REQUIRE(cluster.answer(id)->granted);
    REQUIRE(cluster.take<Revoked>(a).size() == 1);
    REQUIRE(store.claims == decltype(store.claims){{a, app, ann_again, 1}});
    REQUIRE(cluster[c].routes(app) == Indices{a});
}

TEST_CASE_METHOD(StoreOnly, "register, store: what is given up is released, with the time of its reservation") {
    REQUIRE(ask(a, app, ann).granted);
    cluster.release(a, cluster.last_claim(), 1min);
    const std::vector<StoreRelease> released = cluster.take<StoreRelease>(a);
    REQUIRE(released.size() == 1);
    REQUIRE(released[0].name == app);
    REQUIRE(released[0].owner == ann);
    REQUIRE(released[0].reserved_for == 1min);
    // A client that has ended before the answer.
    const ClaimId id = cluster.claim(a, api, ann);
    const std::vector<StoreClaim> asked = cluster.take<StoreClaim>(a);
    cluster.cancel(a, id);
    answer(a, asked.at(0), store.claim(a, asked.at(0)));
    settle();
    REQUIRE(store.claims.size() == 1);  // of the one whose release was taken from it above
    REQUIRE(cluster[a].waiting() == 0);
}

TEST_CASE_METHOD(StoreOnly, "register, store: without it, what is known is held provisionally, the rest refused") {
    REQUIRE(ask(a, app, ann).granted);
    store.problem = "it is gone";
    set_problem(b, store.problem);
    REQUIRE(cluster[b].store_problem() == store.problem);
    const Answer held = ask(b, app, ann);
    REQUIRE(held.granted);
    REQUIRE(held.provisional);
    for (const Answer& refused : {ask(b, app, ann_again), ask(b, api, bob), ask(b, Name::of_port(22, false), ann)}) {
        REQUIRE_FALSE(refused.granted);
        REQUIRE(refused.is_temporary);
        REQUIRE(refused.text.find("it is gone") != std::string::npos);
    }
    REQUIRE(cluster.take<StoreClaim>(b).empty());

    store.problem.clear();
    set_problem(b, "");
    settle();
    REQUIRE_FALSE(cluster[b].table().entry(b, app)->claim.provisional);
    REQUIRE(store.claims.size() == 2);
    REQUIRE(cluster[b].waiting() == 0);
}

TEST_CASE_METHOD(StoreOnly, "register, store: one that fails while it is asked has the same effect") {
    REQUIRE(ask(a, app, ann).granted);
    const ClaimId known = cluster.claim(b, app, ann);
    const ClaimId fresh = cluster.claim(b, Name::of_port(22, false), ann);
    const std::vector<StoreClaim> asked = cluster.take<StoreClaim>(b);
    REQUIRE(asked.size() == 2);
    set_problem(b, "no answer");
    for (const StoreClaim& claim : asked) {
        answer(b, claim, {StoreAnswer::Kind::unavailable, "no answer"});
    }
    cluster.settle();
    REQUIRE(cluster.answer(known)->provisional);
    REQUIRE(cluster.answer(fresh)->is_temporary);
}

TEST_CASE_METHOD(StoreOnly, "register, store: after a loss all names are claimed again, and the store decides") {
    const Name port = Name::of_port(22, false);
    REQUIRE(ask(a, app, ann).granted);
    REQUIRE(ask(a, port, ann).granted);
    store.claims = {{c, port, bob, 1}};  // somebody else got it meanwhile
    set_problem(a, "lost");
    cluster.note(a, cluster[a].store_lost(cluster.now()));
    REQUIRE(cluster[c].routes(app) == Indices{a});  // visitors do not notice
    set_problem(a, "");
    settle();
    REQUIRE(cluster[a].has(app));
    REQUIRE_FALSE(cluster[a].has(port));
    const std::vector<Revoked> revoked = cluster.take<Revoked>(a);
    REQUIRE(revoked.size() == 1);
    REQUIRE(revoked[0].name == port);
    REQUIRE(store.claims.contains({a, app, ann, 1}));
}

TEST_CASE_METHOD(StoreOnly, "register, store: of two owners, the one that the store has keeps the name") {
    cluster.unlink(a, b);
    REQUIRE(ask(a, app, ann).granted);
    store.claims.clear();
    REQUIRE(ask(b, app, ann_again).granted);
    cluster.note(a, cluster[a].store_lost(cluster.now()));
    settle();
    REQUIRE(cluster[a].has(app));  // the other member may be dead, and its key about to end
    cluster.link(a, b);
    pass(limits::ask_again_time + 1s);
    REQUIRE_FALSE(cluster[a].has(app));
    REQUIRE(cluster[b].has(app));
    REQUIRE(cluster.take<Revoked>(a).size() == 1);
    REQUIRE(cluster[c].routes(app) == Indices{b});
    REQUIRE(store.claims == decltype(store.claims){{b, app, ann_again, 1}});
    REQUIRE(cluster[a].waiting() == 0);
}

TEST_CASE_METHOD(StoreOnly, "register, store: of two owners who ask at once, one keeps the name") {
    cluster.unlink(a, b);
    REQUIRE(ask(a, app, ann).granted);
    store.claims.clear();
    REQUIRE(ask(b, app, ann_again).granted);
    cluster.link(a, b);
    for (const MemberIndex member : {a, b}) {
        set_problem(member, "lost");
        cluster.note(member, cluster[member].store_lost(cluster.now()));
    }
    set_no_problems();
    cluster.settle();  // the members have heard of each other before the store answers
    pass(limits::probe_time + 1s);
    REQUIRE_FALSE(cluster[a].has(app));
    REQUIRE(cluster[b].has(app));
    REQUIRE(cluster.take<Revoked>(b).empty());
}

TEST_CASE_METHOD(StoreOnly, "register, store: a key that nobody has any more refuses for now") {
    for (const Owner& owner : {ann, ann_again}) {
        store.claims = {{c, app, owner, 2}};
        const Answer refused = ask(b, app, ann);
        REQUIRE_FALSE(refused.granted);
        REQUIRE(refused.is_temporary);
        REQUIRE(refused.text.find("of the member c") != std::string::npos);
        cluster.unlink(b, c);
        REQUIRE(ask(b, app, ann).is_temporary);
        cluster.link(b, c);
    }
    store.claims.clear();
    REQUIRE(ask(b, app, ann).granted);
}

TEST_CASE_METHOD(StoreOnly, "register, store: one that has gone while a client is probed ends nobody's claim") {
    REQUIRE(ask(a, app, ann).granted);
    cluster.silence(ann);
    const ClaimId id = cluster.claim(a, app, ann_again);
    cluster.settle();
    store.problem = "it is gone";
    set_problem(a, store.problem);
    pass(limits::probe_time + 1s);
    REQUIRE(cluster.answer(id));
    REQUIRE(cluster.answer(id)->is_temporary);
    REQUIRE(cluster.take<Revoked>(a).empty());
    REQUIRE(cluster[c].routes(app) == Indices{a});
}

TEST_CASE_METHOD(StoreOnly, "register, store: a confirmation that gets no answer is asked for again") {
    REQUIRE(ask(a, app, ann).granted);
    store.claims.clear();
    cluster.note(a, cluster[a].store_lost(cluster.now()));
    store.problem = "busy";
    settle();
    REQUIRE(cluster[a].has(app));
    store.problem.clear();
    pass(limits::ask_again_time + 1s);
    REQUIRE(store.claims.size() == 1);
    REQUIRE(cluster[a].waiting() == 0);
}

TEST_CASE_METHOD(StoreOnly, "register, store: names of a member that is gone are the store's matter") {
    REQUIRE(ask(c, app, ann).granted);
    cluster.unlink_all(c);
    store.claims.clear();  // its lease has ended
    REQUIRE(ask(a, app, ann_again).is_temporary);
    REQUIRE(cluster[a].table().size(c) == 1);
    pass(limits::unreachable_time);
    REQUIRE(cluster[a].table().size(c) == 0);  // before anybody asks
    REQUIRE(ask(a, app, ann_again).granted);
    REQUIRE_FALSE(ask(b, app, bob).granted);
}

TEST_CASE_METHOD(StoreOnly, "register, store: all members have one, or none") {
    Hello hello = Cluster::without_links({"a", "b", "c"})[b].hello();
    const auto refused = cluster[a].connected(100, hello, cluster.now());
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().find("does not use etcd") != std::string::npos);
    hello.features |= feature::store;
    REQUIRE(cluster[a].connected(101, hello, cluster.now()));
}

}  // namespace ferrotunnel::cluster::fixture
