// A store in memory, and the registers of a cluster that ask it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "unit/cluster/cluster_fixture.hpp"

namespace ferrotunnel::cluster::fixture {

/// What the store has, with etcd's answers (etcd_store/claim_keys.hpp).
class StoreModel {
public:
    StoreAnswer claim(MemberIndex member, const StoreClaim& claim) {
        if (!problem.empty()) {
            return {StoreAnswer::Kind::unavailable, problem};
        }
        const std::string root(claim.name.root());
        for (const auto& [holder, name, owner, terms] : claims) {
            if (name.root() != root) {
                continue;
            }
            if (owner.token != claim.owner.token) {
                return {StoreAnswer::Kind::other_token, {}};
            }
            const std::string at(1, static_cast<char>('a' + holder));
            if (name == claim.name && owner != claim.owner) {
                return {StoreAnswer::Kind::other_owner, at};
            }
            if (name == claim.name && terms != claim.terms) {
                return {StoreAnswer::Kind::other_terms, at};
            }
        }
        const auto reserved = reserved_for.find(root);
        if (reserved != reserved_for.end() && reserved->second != claim.owner.token) {
            return {StoreAnswer::Kind::reserved, {}};
        }
        claims.insert({member, claim.name, claim.owner, claim.terms});
        return {StoreAnswer::Kind::granted, {}};
    }
    void release(MemberIndex member, const StoreRelease& release) {
        claims.erase({member, release.name, release.owner, release.terms});
        if (release.reserved_for > 0s) {
            reserved_for.insert_or_assign(std::string(release.name.root()), release.owner.token);
        }
    }
    /// The member's lease has ended; what it had stays reserved.
    void member_ended(MemberIndex member) {
        std::erase_if(claims, [&](const auto& claim) {
            const auto& [holder, name, owner, terms] = claim;
            if (holder == member) {
                reserved_for.insert_or_assign(std::string(name.root()), owner.token);
            }
            return holder == member;
        });
    }

    std::set<std::tuple<MemberIndex, Name, Owner, std::uint64_t>> claims;
    std::map<std::string, wire::TokenId> reserved_for;  // by root; never ends
    std::string problem;                                // it cannot be asked
};

class StoreRegisters {
public:
    /// The store can be asked.
    explicit StoreRegisters(Cluster of) : cluster(std::move(of)) { set_no_problems(); }

    void set_problem(MemberIndex member, const std::string& problem) {
        cluster.note(member, cluster[member].set_store_problem(problem, cluster.now()));
    }
    /// Of those that ask the store: after a start, they wait for it.
    void set_no_problems() {
        for (MemberIndex member = 0; member < cluster.size(); ++member) {
            if (!cluster[member].store_problem().empty()) {
                set_problem(member, "");
            }
        }
    }
    /// Everything is answered, until nothing is asked any more.
    void settle() {
        for (bool is_busy = true; is_busy;) {
            is_busy = false;
            cluster.settle();
            for (MemberIndex member = 0; member < cluster.size(); ++member) {
                is_busy = answer_store(member) || is_busy;
            }
        }
    }
    /// In the order in which it was asked. False: nothing was asked.
    bool answer_store(MemberIndex member) {
        const std::vector<Effect> asked = cluster.take_each<StoreClaim, StoreRelease>(member);
        for (const Effect& effect : asked) {
            if (const auto* const claim = std::get_if<StoreClaim>(&effect)) {
                answer(member, *claim, store.claim(member, *claim));
            } else {
                store.release(member, std::get<StoreRelease>(effect));
            }
        }
        return !asked.empty();
    }
    void answer(MemberIndex member, const StoreClaim& claim, const StoreAnswer& answer) {
        cluster.note(member, cluster[member].store_answered(claim.request, answer, cluster.now()));
    }
    Answer ask(MemberIndex member, const Name& name, const Owner& owner, std::uint64_t terms = 1) {
        const ClaimId id = cluster.claim(member, name, owner, terms);
        settle();
        const std::optional<Answer> found = cluster.answer(id);
        REQUIRE(found);
        return *found;
    }
    void pass(Duration time) {
        cluster.pass(time);
        settle();
    }

    Cluster cluster;
    StoreModel store;
};

}  // namespace ferrotunnel::cluster::fixture
