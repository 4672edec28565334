// Registers of members that ask homes, a store, or both: the change from a list to a store and back.
#include <array>
#include <map>
#include <string>
#include <vector>

#include "unit/cluster/store_fixture.hpp"

namespace ferrotunnel::cluster::fixture {
namespace {

/// Begins with members that ask homes.
class Changing : public StoreRegisters {
public:
    Changing() : StoreRegisters(Cluster({"a", "b", "c"})) {}

    /// The member's process ends and another one starts, which asks this; everything is linked and can be asked.
    void restart_as(MemberIndex member, Decides decides) {
        store.member_ended(member);
        cluster.restart_as(member, decides);
        cluster.link_all();
        set_no_problems();
        settle();
    }
    void all_restart_as(Decides one, Decides two, Decides three) {
        restart_as(a, Decides::both);  // both kinds can be linked to it
        restart_as(b, Decides::both);
        restart_as(c, three);
        restart_as(b, two);
        restart_as(a, one);
    }
    bool is_in_store(MemberIndex member, const Name& name, const Owner& owner) const {
        return store.claims.contains({member, name, owner, 1});
    }
    /// The store's question about the one claim that waits for it.
    StoreClaim asked(MemberIndex member) {
        const std::vector<StoreClaim> asked = cluster.take<StoreClaim>(member);
        REQUIRE(asked.size() == 1);
        return asked.front();
    }
    /// Its home is the member, by the list.
    Name of_home(MemberIndex home, std::size_t nth = 0) const { return names_.host(home, nth); }

private:
    Cluster names_ = three();
};

const std::array decisions{Decides::homes, Decides::both, Decides::store};

bool are_linked(Decides one, Decides other) {
    Cluster cluster = Cluster::without_links({"a", "b"});
    cluster.restart_as(a, one);
    cluster.restart_as(b, other);
    const auto at_a = cluster[a].connected(1, cluster[b].hello(), cluster.now());
    const auto at_b = cluster[b].connected(1, cluster[a].hello(), cluster.now());
    REQUIRE(static_cast<bool>(at_a) == static_cast<bool>(at_b));
    if (!at_a) {
        REQUIRE(at_a.error().find("unlike this server") != std::string::npos);
        REQUIRE(at_b.error().find("etcd_homes") != std::string::npos);
    }
    return static_cast<bool>(at_a);
}

}  // namespace

TEST_CASE("register, change: all are linked but those that ask homes only and the store only") {
    for (const Decides one : decisions) {
        REQUIRE(feature::decides(feature::of(one)) == one);
        for (const Decides other : decisions) {
            const bool both_only = by_homes(one) != by_homes(other) && by_store(one) != by_store(other);
            REQUIRE(are_linked(one, other) == !both_only);
        }
    }
    REQUIRE(feature::decides(feature::values) == Decides::homes);  // versions without a store
}

TEST_CASE_METHOD(Changing, "register, change: homes decide between members with and without a store") {
    all_restart_as(Decides::homes, Decides::both, Decides::both);
    REQUIRE(cluster[a].decides(b) == Decides::both);
    REQUIRE(cluster[b].decides(a) == Decides::homes);
    for (const MemberIndex home : {a, b, c}) {
        const Name at_a = of_home(home, 0);
        const Name at_b = of_home(home, 1);
        REQUIRE(ask(a, at_a, ann).granted);
        REQUIRE(ask(b, at_b, ann).granted);
        REQUIRE_FALSE(is_in_store(a, at_a, ann));
        REQUIRE(is_in_store(b, at_b, ann));
        REQUIRE(cluster[c].routes(at_a) == Indices{a});
        REQUIRE(cluster[c].routes(at_b) == Indices{b});
        for (const auto& [member, name] :
             {std::pair(b, at_a), std::pair(c, at_a), std::pair(a, at_b), std::pair(c, at_b)}) {
            const Answer refused = ask(member, name, bob);
            REQUIRE_FALSE(refused.granted);
            REQUIRE_FALSE(refused.is_temporary);
            REQUIRE_FALSE(ask(member, name, ann_again).granted);  // the other client answers
            REQUIRE(ask(member, name, ann).granted);
        }
    }
    for (const MemberIndex member : {a, b, c}) {
        REQUIRE(cluster[member].waiting() == 0);
        REQUIRE(cluster.take<Revoked>(member).empty());
        REQUIRE(cluster.take<LinkRefused>(member).empty());
    }
}

TEST_CASE_METHOD(Changing, "register, change: the store decides between members with and without homes") {
    all_restart_as(Decides::both, Decides::both, Decides::store);
    for (const MemberIndex home : {a, b, c}) {
        const Name at_b = of_home(home, 0);
        const Name at_c = of_home(home, 1);
        REQUIRE(ask(b, at_b, ann).granted);
        REQUIRE(ask(c, at_c, ann).granted);
        REQUIRE(is_in_store(b, at_b, ann));
        REQUIRE(is_in_store(c, at_c, ann));
        REQUIRE(cluster[a].routes(at_c) == Indices{c});
        REQUIRE_FALSE(ask(c, at_b, bob).granted);
        REQUIRE_FALSE(ask(b, at_c, bob).granted);
        REQUIRE(ask(c, at_b, ann).granted);
        REQUIRE(ask(b, at_c, ann).granted);
    }
    // Also without a link, when neither their tables nor a home knows.
    cluster.unlink_all(c);
    const Name name = of_home(a, 2);
    REQUIRE(ask(c, name, ann).granted);
    const Answer refused = ask(b, name, bob);
    REQUIRE_FALSE(refused.granted);
    REQUIRE_FALSE(refused.is_temporary);
    REQUIRE(cluster[a].table().entries(name).empty());  // what its home had granted was given back
    cluster.link_all();
    settle();
    for (const MemberIndex member : {a, b, c}) {
        REQUIRE(cluster[member].routes(name) == (member == c ? Indices{} : Indices{c}));
        REQUIRE(cluster.take<Revoked>(member).empty());
        REQUIRE(cluster.take<LinkRefused>(member).empty());
        REQUIRE(cluster[member].waiting() == 0);
    }
}

TEST_CASE_METHOD(Changing, "register, change: a silent client is replaced at the other kind of member") {
    std::uint8_t last_party = 0;
    for (const auto& [kind, other] :
         {std::pair(Decides::homes, Decides::both), std::pair(Decides::both, Decides::store)}) {
        all_restart_as(kind, Decides::both, other);
        for (const auto& [from, to] : {std::pair(a, c), std::pair(c, a)}) {
            for (const MemberIndex home : {a, b, c}) {
                const Name name = of_home(home, from + 3);
                const Owner first = owner(1, ++last_party);
                const Owner second = owner(1, ++last_party);
                INFO("kinds " << static_cast<int>(kind) << static_cast<int>(other) << " from " << int{from} << " home "
                              << int{home});
                REQUIRE(ask(from, name, first).granted);
                cluster.silence(first);
                ClaimId id = cluster.claim(to, name, second);
                settle();
                REQUIRE_FALSE(cluster.answer(id));
                pass(limits::probe_time + 1s);
                REQUIRE(cluster.answer(id));
                // The store may be asked before the other member has given the name up.
                if (!cluster.answer(id)->granted) {
                    REQUIRE(cluster.answer(id)->is_temporary);
                    id = cluster.claim(to, name, second);
                    settle();
                }
                REQUIRE(cluster.answer(id)->granted);
                REQUIRE(cluster.take<Revoked>(from).size() == 1);
                REQUIRE(cluster[b].routes(name) == Indices{to});
            }
        }
    }
}

TEST_CASE_METHOD(Changing, "register, change: what the store refuses is given back to its home, reservations with it") {
    all_restart_as(Decides::homes, Decides::both, Decides::both);
    const Name name = of_home(a);
    REQUIRE(ask(b, name, ann).granted);
    cluster.release(b, cluster.last_claim(), 1h);
    settle();
    REQUIRE(cluster[a].table().reservation(name, cluster.now())->token == ann.token);
    store.problem = "busy";
    REQUIRE(ask(b, name, ann).is_temporary);
    REQUIRE(cluster[a].table().entries(name).empty());
    REQUIRE(cluster[a].table().reservation(name, cluster.now())->token == ann.token);
    REQUIRE_FALSE(ask(a, name, bob).granted);
    // The same where the asker is the home itself.
    const Name own = of_home(b);
    store.problem.clear();
    REQUIRE(ask(b, own, ann).granted);
    cluster.release(b, cluster.last_claim(), 1h);
    settle();
    store.problem = "busy";
    REQUIRE(ask(b, own, ann).is_temporary);
    REQUIRE(cluster[b].table().entries(own).empty());
    REQUIRE(cluster[b].table().reservation(own, cluster.now())->token == ann.token);
    store.problem.clear();
    REQUIRE(ask(b, own, ann).granted);
    // A name that nobody had is free again.
    const Name fresh = of_home(a, 1);
    store.problem = "busy";
    REQUIRE(ask(b, fresh, ann).is_temporary);
    REQUIRE(ask(a, fresh, bob).granted);
    REQUIRE(cluster[b].waiting() == 0);
}

TEST_CASE_METHOD(Changing, "register, change: a name at the store is its asker's for everybody") {
    all_restart_as(Decides::homes, Decides::both, Decides::both);
    for (const MemberIndex home : {a, b, c}) {
        const Name name = of_home(home);
        const ClaimId first = cluster.claim(b, name, ann);
        cluster.settle();
        const StoreClaim claim = asked(b);
        REQUIRE_FALSE(cluster.answer(first));
        for (const MemberIndex member : {a, b, c}) {
            const ClaimId foreign = cluster.claim(member, name, bob);
            const ClaimId again = cluster.claim(member, name, ann_again);
            cluster.settle();
            REQUIRE_FALSE(cluster.answer(foreign)->granted);
            REQUIRE_FALSE(cluster.answer(again)->granted);
        }
        REQUIRE(cluster[c].routes(name).empty());
        answer(b, claim, store.claim(b, claim));
        settle();
        REQUIRE(cluster.answer(first)->granted);
        REQUIRE(cluster[c].routes(name) == Indices{b});
    }
}

TEST_CASE_METHOD(Changing, "register, change: of a client that has ended, the store's answer is awaited") {
    all_restart_as(Decides::both, Decides::both, Decides::both);
    for (const MemberIndex home : {a, b}) {
        const Name name = of_home(home);
        const ClaimId first = cluster.claim(b, name, ann);
        cluster.settle();
        const StoreClaim claim = asked(b);
        cluster.cancel(b, first);
        const ClaimId next = cluster.claim(b, name, ann_again);
        const ClaimId far = cluster.claim(a, name, ann_once_more);
        cluster.settle();
        REQUIRE_FALSE(cluster.answer(next));
        answer(b, claim, store.claim(b, claim));
        settle();
        pass(limits::probe_time + 1s);
        REQUIRE(cluster.answer(next)->granted != cluster.answer(far)->granted);
        REQUIRE(store.claims.size() == 1 + (home == b ? 1U : 0U));
        REQUIRE(cluster[b].waiting() == 0);
    }
}

TEST_CASE_METHOD(Changing, "register, change: a home whose link is lost while the store is asked is asked again") {
    all_restart_as(Decides::both, Decides::both, Decides::both);
    const Name name = of_home(a);
    const ClaimId id = cluster.claim(b, name, ann);
    cluster.settle();
    const StoreClaim claim = asked(b);
    cluster.unlink(a, b);
    REQUIRE_FALSE(cluster.answer(id));
    answer(b, claim, store.claim(b, claim));
    REQUIRE(cluster.answer(id)->is_temporary);  // the home may not have it any more
    settle();
    REQUIRE(store.claims.empty());
    // The same, but the home is back in time.
    const ClaimId again = cluster.claim(b, of_home(a, 1), ann);
    REQUIRE(cluster.answer(again)->is_temporary);
    cluster.link_all();
    settle();
    const ClaimId third = cluster.claim(b, of_home(a, 1), ann);
    cluster.settle();
    const StoreClaim before = asked(b);
    cluster.unlink(a, b);
    cluster.link_all();
    cluster.settle();
    answer(b, before, store.claim(b, before));
    settle();
    REQUIRE(cluster.answer(third)->granted);
    REQUIRE(is_in_store(b, of_home(a, 1), ann));
    REQUIRE(cluster[a].routes(of_home(a, 1)) == Indices{b});
    REQUIRE(cluster[b].waiting() == 0);
}

TEST_CASE_METHOD(Changing, "register, change: a home answers once, also while the store is asked") {
    all_restart_as(Decides::both, Decides::both, Decides::both);
    const Name name = of_home(a);
    const ClaimId id = cluster.claim(b, name, ann);
    cluster.settle();
    const StoreClaim claim = asked(b);
    Refused refused;
    refused.request = claim.request;
    refused.code = wire::Code::name_taken;
    cluster.receive(a, b, refused);
    REQUIRE_FALSE(cluster.answer(id));
    cluster.receive(a, b, Granted{claim.request, 5, 0});
    REQUIRE(cluster.take<LinkRefused>(b).size() == 1);
    answer(b, claim, store.claim(b, claim));
    settle();
    REQUIRE(cluster.answer(id)->is_temporary);
    REQUIRE(store.claims.empty());
}

TEST_CASE_METHOD(Changing, "register, change: without the store, homes decide for members that do not ask it") {
    all_restart_as(Decides::homes, Decides::both, Decides::both);
    const Name known = of_home(c);
    REQUIRE(ask(a, known, ann).granted);
    store.problem = "it is gone";
    set_problem(b, store.problem);
    set_problem(c, store.problem);
    REQUIRE(ask(a, of_home(b), ann).granted);  // the home is a member whose store is away
    const Answer held = ask(b, known, ann);
    REQUIRE(held.granted);
    REQUIRE(held.provisional);
    const Answer refused = ask(b, of_home(a), ann);
    REQUIRE(refused.is_temporary);
    REQUIRE(refused.text.find("it is gone") != std::string::npos);
    REQUIRE_FALSE(ask(b, known, bob).granted);
    store.problem.clear();
    set_no_problems();
    settle();
    REQUIRE_FALSE(cluster[b].table().entry(b, known)->claim.provisional);
    REQUIRE(is_in_store(b, known, ann));
    REQUIRE(cluster[b].waiting() == 0);
}

TEST_CASE_METHOD(Changing, "register, change: what the store has lost is asked for at the home and there") {
    all_restart_as(Decides::both, Decides::both, Decides::store);
    std::vector<Name> names;
    for (const MemberIndex home : {a, b, c}) {
        names.push_back(of_home(home));
        REQUIRE(ask(b, names.back(), ann).granted);
    }
    store.claims.clear();
    cluster.note(b, cluster[b].store_lost(cluster.now()));
    settle();
    for (const Name& name : names) {
        REQUIRE(is_in_store(b, name, ann));
        REQUIRE(cluster[a].routes(name) == Indices{b});
    }
    REQUIRE(cluster[b].waiting() == 0);
    // Another token has got one of them: the client is told.
    store.claims = {{c, names[0], bob, 1}};
    cluster.note(b, cluster[b].store_lost(cluster.now()));
    settle();
    const std::vector<Revoked> revoked = cluster.take<Revoked>(b);
    REQUIRE(revoked.size() == 1);
    REQUIRE(revoked[0].name == names[0]);
    REQUIRE(cluster[a].table().entries(names[0]).empty());
}

TEST_CASE_METHOD(Changing,
                 "register, change: owners of a partition are resolved by the home, and never against the store") {
    all_restart_as(Decides::homes, Decides::both, Decides::both);
    const Name name = of_home(b);
    cluster.unlink_all(a);
    pass(1s);
    REQUIRE(ask(b, name, ann).granted);
    // As a member that had the name before the home knew of it.
    cluster.restart(b);
    cluster.link_all();
    set_no_problems();
    settle();
    REQUIRE(ask(b, name, ann).granted);
    cluster.receive(a, b, Have{{}, {Claim{name, bob, 5, 0, 1}}});  // older, so it wins
    settle();
    REQUIRE(cluster.take<Revoked>(b).size() == 1);

    all_restart_as(Decides::both, Decides::both, Decides::store);
    REQUIRE(ask(b, of_home(b, 1), ann).granted);
    cluster.receive(c, b, Have{{}, {Claim{of_home(b, 1), bob, 5, 0, 1}}});
    settle();
    REQUIRE(cluster.take<Revoked>(b).empty());
}

TEST_CASE_METHOD(Changing, "register, change: names that wait for the store are bounded") {
    all_restart_as(Decides::both, Decides::both, Decides::both);
    std::optional<Answer> refused;
    for (std::size_t i = 0; i < 2 * limits::store_claims_max && !refused; ++i) {
        const ClaimId id = cluster.claim(b, Name::of_host("h" + std::to_string(i) + ".example.com", "/"), ann);
        cluster.settle();
        refused = cluster.answer(id);
    }
    REQUIRE(cluster.take<StoreClaim>(b).size() == limits::store_claims_max);
    REQUIRE(refused);
    REQUIRE(refused->is_temporary);
    REQUIRE(refused->text.find("too many claims") != std::string::npos);
}

// --- the whole change ------------------------------------------------------------------------------------------------

namespace {

/// Each member has a client with a name of each home, which claims them again after a restart; another token wants
/// them all the time.
class ChangingCluster : public Changing {
public:
    ChangingCluster() {
        for (const MemberIndex member : {a, b, c}) {
            for (const MemberIndex home : {a, b, c}) {
                names[member].push_back(of_home(home, member));
            }
            clients_claim(member);
        }
    }
    static Owner client_of(MemberIndex member) { return owner(1, static_cast<std::uint8_t>(member + 1)); }
    void clients_claim(MemberIndex member) {
        for (const Name& name : names[member]) {
            REQUIRE(ask(member, name, client_of(member)).granted);
        }
    }
    void step(MemberIndex member, Decides decides) {
        store.member_ended(member);
        cluster.restart_as(member, decides);
        stranger_is_refused();  // no link, and no store yet
        cluster.link_all();
        cluster.settle();
        stranger_is_refused();
        set_no_problems();
        settle();
        stranger_is_refused();
        clients_claim(member);
        check_all();
    }
    void stranger_is_refused() {
        for (const MemberIndex member : {a, b, c}) {
            for (const auto& [holder, of] : names) {
                for (const Name& name : of) {
                    const ClaimId id = cluster.claim(member, name, bob);
                    settle();
                    REQUIRE_FALSE(cluster.answer(id)->granted);
                }
            }
        }
    }
    void check_all() {
        stranger_is_refused();
        for (const auto& [holder, of] : names) {
            REQUIRE(cluster.take<Revoked>(holder).empty());
            REQUIRE(cluster[holder].waiting() == 0);
            for (const Name& name : of) {
                const std::optional<Decides> decides = cluster[holder == a ? b : a].decides(holder);
                REQUIRE(cluster[holder].has(name));
                REQUIRE_FALSE(cluster[holder].table().entry(holder, name)->claim.provisional);
                REQUIRE(is_in_store(holder, name, client_of(holder)) == by_store(*decides));
                for (const MemberIndex member : {a, b, c}) {
                    REQUIRE(cluster[member].routes(name) == (member == holder ? Indices{} : Indices{holder}));
                }
            }
        }
    }

    std::map<MemberIndex, std::vector<Name>> names;
};

}  // namespace

TEST_CASE_METHOD(ChangingCluster, "register, change: from homes to the store and back, no client loses a name") {
    for (const Decides decides : {Decides::both, Decides::store, Decides::both, Decides::homes}) {
        for (const MemberIndex member : {a, b, c}) {
            INFO("member " << int{member} << " asks " << static_cast<int>(decides));
            step(member, decides);
        }
    }
}

TEST_CASE_METHOD(ChangingCluster, "register, change: clients claim their names while links are made") {
    for (const Decides decides : {Decides::both, Decides::store, Decides::both, Decides::homes}) {
        for (const MemberIndex member : {c, a, b}) {
            store.member_ended(member);
            cluster.restart_as(member, decides);
            std::vector<ClaimId> claims;
            for (const Name& name : names[member]) {
                claims.push_back(cluster.claim(member, name, client_of(member)));
            }
            cluster.link_all();
            set_no_problems();
            settle();
            for (std::size_t i = 0; i < claims.size(); ++i) {
                if (!cluster.answer(claims[i])->granted) {
                    REQUIRE(cluster.answer(claims[i])->is_temporary);
                    REQUIRE(ask(member, names[member][i], client_of(member)).granted);
                }
            }
            check_all();
        }
    }
}

}  // namespace ferrotunnel::cluster::fixture
