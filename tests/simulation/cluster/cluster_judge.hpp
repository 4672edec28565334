// What a cluster promises, checked at every step against what members, clients and messages did.
//
//   - each claim is answered once, within its bound, unless it was cancelled
//   - a member has a name if, and only if, a claim of its clients was granted and neither released nor revoked; so no
//     visitor is served by another service
//   - two tokens have one root at no time, with two exceptions, which are counted (excuse())
//   - a home knows each claim that it has granted until the member gives it back
//   - a name is refused or revoked only if another owner has claimed it, and won
//   - a client that answers, at a member that its home reaches, loses its name to nobody of its token
//   - visitors are sent to members that are linked, and say that they have the name
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cluster/register.hpp"
#include "simulation/cluster/cluster_member.hpp"

namespace ferrotunnel::simulation {

class ClusterStoreRules;

/// By the words of the design, and not by cluster::wins.
bool cluster_claim_wins(const ferrotunnel::cluster::Claim& one, const ferrotunnel::cluster::Claim& other);

class ClusterJudge {
public:
    using Index = ClusterMember::Index;
    using ClaimId = ferrotunnel::cluster::ClaimId;
    using Claim = ferrotunnel::cluster::Claim;
    using Message = ferrotunnel::cluster::Message;
    using Name = ferrotunnel::cluster::Name;
    using Owner = ferrotunnel::cluster::Owner;
    using MemberList = std::vector<std::unique_ptr<ClusterMember>>;
    /// What a member's clients have: one claim in the table, that several of theirs share.
    struct Holding {
        Claim claim;
        std::size_t shares = 0;
        std::uint64_t granted_by = 0;  // incarnation of the home that has granted it, by a message
        TimePoint granted_at{};        // first
    };
    struct Sight {
        /// When two members last had no link, or one where nothing arrived; and one that is slow, if that counts.
        std::function<TimePoint(Index, Index, bool slow_counts)> last_trouble;
        /// Whether a client of this owner at this member has answered for so long.
        std::function<bool(Index, const Name&, const Owner&, Duration)> has_answered;
    };

    ClusterJudge(ClusterContext& context, const MemberList& members) : context_(context), members_(members) {}
    void set_sight(Sight sight) { sight_ = std::move(sight); }
    /// A store decides, in the place of homes. It outlives this.
    void set_store(ClusterStoreRules* rules) { store_ = rules; }

    void asked(Index member, ClaimId claim, const Name& name, const Owner& owner);
    void cancelled(ClaimId claim);
    void released(Index member, const Name& name, Duration reserved_for);
    void crashed(Index member);
    void granted(Index member, const ferrotunnel::cluster::ClaimGranted& answer);
    void refused(Index member, const ferrotunnel::cluster::ClaimRefused& answer);
    void revoked(Index member, const ferrotunnel::cluster::Revoked& revoked);
    /// After each call of a register, when its effects were handled.
    void check(const ClusterMember& member);
    void received(Index from, std::uint64_t incarnation, Index to, const Message& message);

    void routes_changed(const ClusterMember& member, const Name& name);
    void member_routed(const ClusterMember& member, const ferrotunnel::cluster::MemberRouted& routed);

    /// The members to which the entry may send a visitor.
    void routed(Index entry, const Name& name, const std::vector<Index>& to) const;
    void served(Index member, const Name& name) const;
    /// A visitor came to a member that does not have the name.
    void not_here(Index entry, Index member, const Name& name) const;

    const std::map<Name, Holding>& holdings(Index member) const;
    /// When somebody last gave up, or lost, a name of this root.
    TimePoint had_root(const Name& name) const;
    /// Whether one of them has not run well, or their link has not, for so long.
    bool is_ill_linked(Index one, Index other, Duration time, bool slow_counts = true) const;
    /// Whether another owner has ever claimed the name, or another token its root.
    bool is_contested(const Name& name, const Owner& owner) const;
    bool is_contested_by_token(const Name& name, const wire::TokenId& token) const;
    std::size_t unanswered() const noexcept { return pending_.size(); }

private:
    struct Pending {
        Index member;
        std::uint64_t incarnation;
        Name name;
        Owner owner;
    };
    using Incarnation = std::uint64_t;
    using Heard = std::tuple<Incarnation, Name, wire::TokenId>;  // who has it

    static bool have_one_root(const Name& one, const Name& other);
    static bool can_conflict(const Claim& one, const Claim& other);
    void check_answered(ClaimId claim);
    void check_holding(const ClusterMember& member, const Name& name, Holding& holding);
    void check_granted(const ClusterMember& home, const Name& name) const;
    void check_revocations();
    void see_table(const ClusterMember& home, const Name& name);
    void see_grant(const ClusterMember& home, const Claim& grant);
    void judge_tokens(Index member, const Holding& fresh);
    void judge_owners(Index member, const Holding& fresh) const;
    void judge_provisional(Index member, const Claim& claim) const;
    std::size_t count_holdings(const Name& root, const wire::TokenId& token, bool also_provisional) const;
    /// Where the exception is counted by which both can have the root; null if there is none.
    std::uint64_t* excuse(Index member, const Holding& fresh, Index other, const Holding& before) const;
    bool is_home_restarted(const ClusterMember& home, Index other, const Holding& before) const;

    ClusterContext& context_;
    const MemberList& members_;
    Sight sight_;
    ClusterStoreRules* store_ = nullptr;
    std::map<ClaimId, Pending> pending_;
    std::map<Index, std::map<Name, Holding>> holdings_;
    std::map<Name, std::set<Owner>> claimed_by_;
    std::map<Name, std::vector<Claim>> grants_;         // all that were ever seen
    std::vector<std::pair<Index, Claim>> revocations_;  // in this call
    std::map<std::pair<Index, Name>, TimePoint> had_until_;
    std::set<std::pair<Index, Index>> routed_;                     // to which members each one sends visitors
    std::map<std::pair<Index, Name>, std::vector<Index>> routes_;  // as the member has reported them
    std::map<std::pair<Index, Index>, TimePoint> linked_at_;
    std::pair<Incarnation, ferrotunnel::cluster::Since> grant_;  // that the present call has received
    std::map<Incarnation, std::set<Heard>> heard_;               // by those that have heard it
    std::map<Incarnation, std::set<Incarnation>> synced_;        // of whose claims it has heard all
    std::set<std::tuple<std::string, wire::TokenId, wire::TokenId>> excused_;
};

/// What is judged otherwise where a store decides.
class ClusterStoreRules {
public:
    using Index = ClusterJudge::Index;
    using Claim = ClusterJudge::Claim;
    using Holding = ClusterJudge::Holding;
    using Name = ClusterJudge::Name;
    using Owner = ClusterJudge::Owner;

    virtual ~ClusterStoreRules() = default;
    virtual bool has(Index member, const Claim& claim) const = 0;
    /// Both have names of one root, and this is the first time.
    virtual void two_tokens(Index member, const Holding& fresh, Index other, const Holding& before) = 0;
    virtual void two_owners(Index member, const Holding& fresh, Index other, const Holding& before) = 0;
    virtual void granted_provisionally(Index member) = 0;
    virtual void released(const Name& name, Duration reserved_for) = 0;
    virtual void refused(Index member, const Name& name, const Owner& owner, bool is_temporary) = 0;
    virtual void revoked(Index member, const Claim& claim) = 0;
};

}  // namespace ferrotunnel::simulation
