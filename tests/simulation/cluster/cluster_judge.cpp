#include "simulation/cluster/cluster_judge.hpp"

#include <algorithm>
#include <variant>

#include "cluster/limits.hpp"
#include "simulation/cluster/cluster_text.hpp"

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;
using namespace std::chrono_literals;

namespace {

constexpr Duration decision_bound = 20s;
// What a home knows of a member, and a member of a home, is at most that old while their link is good.
constexpr Duration news_take = 20s;

}  // namespace

bool cluster_claim_wins(const cluster::Claim& one, const cluster::Claim& other) {
    if (one.provisional != other.provisional) {
        return other.provisional;
    }
    if (one.over != 0 && one.over >= other.since) {
        return true;
    }
    if (other.over != 0 && other.over >= one.since) {
        return false;
    }
    return one.since != other.since ? one.since < other.since : one.owner < other.owner;
}

bool ClusterJudge::have_one_root(const Name& one, const Name& other) {
    return one.root() == other.root();
}

// Whether at most one of them can be had.
bool ClusterJudge::can_conflict(const Claim& one, const Claim& other) {
    return one.owner.token != other.owner.token ? have_one_root(one.name, other.name)
                                                : one.name == other.name && one.owner != other.owner;
}

bool ClusterJudge::is_contested(const Name& name, const Owner& owner) const {
    return std::any_of(claimed_by_.begin(), claimed_by_.end(), [&](const auto& entry) {
        return have_one_root(entry.first, name) &&
               std::any_of(entry.second.begin(), entry.second.end(), [&](const Owner& other) {
                   return other.token != owner.token || (entry.first == name && other != owner);
               });
    });
}

bool ClusterJudge::is_contested_by_token(const Name& name, const wire::TokenId& token) const {
    return std::any_of(claimed_by_.begin(), claimed_by_.end(), [&](const auto& entry) {
        return have_one_root(entry.first, name) &&
               std::any_of(entry.second.begin(), entry.second.end(),
                           [&](const Owner& other) { return other.token != token; });
    });
}

// --- claims and their answers ---

void ClusterJudge::asked(Index member, ClaimId claim, const Name& name, const Owner& owner) {
    ++context_.counts.claims;
    claimed_by_[name].insert(owner);
    pending_.emplace(claim, Pending{member, members_[member]->incarnation(), name, owner});
    context_.events.after(decision_bound + 1ms, [this, claim] { check_answered(claim); });
}

void ClusterJudge::check_answered(ClaimId claim) {
    const auto found = pending_.find(claim);
    if (found == pending_.end()) {
        return;
    }
    const ClusterMember& member = *members_[found->second.member];
    if (!member.is_running() || member.resumed_at() + 1s > context_.events.now()) {
        context_.events.after(1s, [this, claim] { check_answered(claim); });
        return;
    }
    throw ClusterFailure("each claim is answered within its bound: claim " + std::to_string(claim));
}

void ClusterJudge::cancelled(ClaimId claim) {
    cluster_rule(pending_.erase(claim) == 1, "the simulation cancels what is pending");
}

const std::map<cluster::Name, ClusterJudge::Holding>& ClusterJudge::holdings(Index member) const {
    static const std::map<Name, Holding> none;
    const auto found = holdings_.find(member);
    return found == holdings_.end() ? none : found->second;
}

TimePoint ClusterJudge::had_root(const Name& name) const {
    TimePoint latest{};
    for (const auto& [had, until] : had_until_) {
        latest = have_one_root(had.second, name) ? std::max(latest, until) : latest;
    }
    return latest;
}

void ClusterJudge::released(Index member, const Name& name, Duration reserved_for) {
    if (store_ != nullptr) {
        store_->released(name, reserved_for);
    }
    Holding& holding = holdings_[member].at(name);
    if (--holding.shares == 0) {
        holdings_[member].erase(name);
        had_until_[{member, name}] = context_.events.now();
    }
}

void ClusterJudge::crashed(Index member) {
    for (const auto& [name, holding] : holdings_[member]) {
        had_until_[{member, name}] = context_.events.now();
    }
    holdings_[member].clear();
    std::erase_if(routes_, [member](const auto& entry) { return entry.first.first == member; });
    std::erase_if(routed_, [member](const auto& pair) { return pair.first == member; });
    std::erase_if(pending_, [member](const auto& entry) { return entry.second.member == member; });
}

void ClusterJudge::granted(Index member, const cluster::ClaimGranted& answer) {
    const auto found = pending_.find(answer.claim);
    cluster_rule(found != pending_.end() && found->second.member == member, "a claim is answered once");
    ++context_.counts.granted;
    context_.counts.provisional += answer.provisional ? 1 : 0;
    const Pending pending = found->second;
    pending_.erase(found);
    auto [at, is_new] = holdings_[member].try_emplace(pending.name, Holding{{pending.name, pending.owner}});
    Holding& holding = at->second;
    cluster_rule(holding.claim.owner == pending.owner, "a name has one owner at a member");
    ++holding.shares;
    holding.claim.since = answer.since;
    holding.claim.provisional = answer.provisional;
    if (is_new) {
        holding.granted_at = context_.events.now();
        judge_tokens(member, holding);
        judge_owners(member, holding);
        judge_provisional(member, holding.claim);
    }
}

// By the table, only while there is no link to the home; or as it is lost, to be replaced by another one.
void ClusterJudge::judge_provisional(Index member, const Claim& claim) const {
    if (store_ != nullptr) {
        return claim.provisional ? store_->granted_provisionally(member) : void();
    }
    const Index home = members_[member]->list().home_of(claim.name);
    const auto linked = linked_at_.find({member, home});
    cluster_rule(!claim.provisional || !members_[member]->reg().is_linked(home) ||
                     (linked != linked_at_.end() && linked->second == context_.events.now()),
                 "a home that is linked is awaited");
}

void ClusterJudge::refused(Index member, const cluster::ClaimRefused& answer) {
    const auto found = pending_.find(answer.claim);
    cluster_rule(found != pending_.end() && found->second.member == member, "a claim is answered once");
    cluster_rule(answer.code != wire::Code::none && !answer.text.empty(), "a refusal has a code and a text");
    ++(answer.is_temporary ? context_.counts.refused_for_now : context_.counts.refused);
    if (!answer.is_temporary) {
        const Owner& owner = found->second.owner;
        if (owner.party[0] != 0xff && !is_contested(found->second.name, owner)) {
            throw ClusterFailure("a name that nobody else has claimed is not refused: claim " +
                                 std::to_string(answer.claim));
        }
    }
    if (store_ != nullptr) {
        store_->refused(member, found->second.name, found->second.owner, answer.is_temporary);
    }
    pending_.erase(found);
}

void ClusterJudge::revoked(Index member, const cluster::Revoked& revoked) {
    ++context_.counts.revoked;
    const auto found = holdings_[member].find(revoked.name);
    cluster_rule(found != holdings_[member].end() && found->second.claim.owner == revoked.owner,
                 "what is revoked was granted");
    if (store_ != nullptr) {
        store_->revoked(member, found->second.claim);
    }
    revocations_.emplace_back(member, found->second.claim);
    holdings_[member].erase(found);
    had_until_[{member, revoked.name}] = context_.events.now();
}

// --- after each call ---

void ClusterJudge::check(const ClusterMember& member) {
    for (const auto& [name, owners] : claimed_by_) {
        const auto found = holdings_[member.index()].find(name);
        const bool has = found != holdings_[member.index()].end();
        cluster_rule(member.reg().has(name) == has, "a member has what was granted, and neither released nor revoked");
        if (has) {
            check_holding(member, name, found->second);
        }
        if (member.list().home_of(name) == member.index()) {
            check_granted(member, name);
        }
        if (member.list().home_of(name) == member.index() && owners.size() > 1) {
            see_table(member, name);
        }
    }
    grant_ = {};
    check_revocations();
}

void ClusterJudge::check_holding(const ClusterMember& member, const Name& name, Holding& holding) {
    const auto entry = member.reg().table().entry(member.index(), name);
    cluster_rule(entry && entry->claim.owner == holding.claim.owner, "a member's table has what its clients have");
    Claim claim = entry->claim;
    // The own home has granted it, and the store has not answered yet.
    claim.provisional =
        claim.provisional || (holding.claim.provisional && store_ != nullptr && !store_->has(member.index(), claim));
    if (claim != holding.claim) {
        holding.claim = claim;
        see_grant(member, holding.claim);
        if (grant_.first != 0 && grant_.second == holding.claim.since) {
            holding.granted_by = grant_.first;
        }
    }
}

// Or has granted the member another one instead, which is on its way.
void ClusterJudge::check_granted(const ClusterMember& home, const Name& name) const {
    for (const auto& [index, held] : holdings_) {
        const auto found = held.find(name);
        if (found == held.end() || found->second.claim.provisional || found->second.granted_by != home.incarnation()) {
            continue;
        }
        const auto entry = home.reg().table().entry(index, name);
        if (!entry ||
            (entry->claim.owner != found->second.claim.owner && entry->claim.since < found->second.claim.since)) {
            throw ClusterFailure("a home knows what it has granted: " + name.text() + " at " +
                                 cluster_member_name(index) + "; its home is " + home.name());
        }
    }
}

void ClusterJudge::see_table(const ClusterMember& home, const Name& name) {
    for (const auto& entry : home.reg().table().entries(name)) {
        // With a store each member asks for itself.
        see_grant(store_ == nullptr ? home : *members_[entry.member], entry.claim);
    }
}

// A home that ends an owner's claim for another one of its token has not reached it, or its client was silent.
void ClusterJudge::see_grant(const ClusterMember& home, const Claim& grant) {
    auto& grants = grants_[grant.name];
    const bool is_known = std::any_of(grants.begin(), grants.end(), [&grant](const Claim& one) {
        return one.owner == grant.owner && one.since == grant.since && one.over == grant.over &&
               one.provisional == grant.provisional;
    });
    if (is_known) {
        return;
    }
    grants.push_back(grant);
    if (grant.over == 0 || home.list().home_of(grant.name) != home.index()) {
        return;
    }
    for (const auto& [index, held] : holdings_) {
        const auto found = held.find(grant.name);
        if (found == held.end() || found->second.claim.owner == grant.owner || found->second.claim.since > grant.over ||
            found->second.claim.provisional) {
            continue;
        }
        // A home has granted it by itself; with a store it has to hear of it.
        const bool slow_counts = store_ != nullptr;
        if (!is_ill_linked(home.index(), index, news_take + 15s, slow_counts) &&
            sight_.has_answered(index, grant.name, found->second.claim.owner, 10s)) {
            throw ClusterFailure("a client that answers keeps its name: " + grant.name.text() + " at " +
                                 cluster_member_name(index));
        }
    }
}

bool ClusterJudge::is_ill_linked(Index one, Index other, Duration time, bool slow_counts) const {
    const TimePoint now = context_.events.now();
    const auto is_ill = [&](Index index) {
        const ClusterMember& member = *members_[index];
        return !member.is_running() || member.resumed_at() + time > now || member.started_at() + time > now;
    };
    return is_ill(one) || is_ill(other) || (one != other && sight_.last_trouble(one, other, slow_counts) + time > now);
}

void ClusterJudge::check_revocations() {
    for (const auto& [member, claim] : std::exchange(revocations_, {})) {
        const Claim& lost = claim;
        const bool has_winner = std::any_of(grants_.begin(), grants_.end(), [&lost](const auto& entry) {
            return std::any_of(entry.second.begin(), entry.second.end(), [&lost](const Claim& other) {
                return can_conflict(other, lost) && cluster_claim_wins(other, lost);
            });
        });
        // Then a silent client has lost its name when another one is about to get it.
        const bool is_of_store = store_ != nullptr && is_contested(lost.name, lost.owner);
        // The home does not confirm what differs from what the owner has elsewhere.
        const bool has_other_terms = std::any_of(holdings_.begin(), holdings_.end(), [&lost](const auto& entry) {
            const auto found = entry.second.find(lost.name);
            return found != entry.second.end() && found->second.claim.owner == lost.owner &&
                   found->second.claim.terms != lost.terms;
        });
        if (!has_winner && !is_of_store && !(lost.provisional && has_other_terms)) {
            throw ClusterFailure("a name is revoked only for an owner that wins: " + lost.name.text() + " at " +
                                 cluster_member_name(member));
        }
    }
}

// --- two tokens ---

void ClusterJudge::judge_tokens(Index member, const Holding& fresh) {
    const wire::TokenId& token = fresh.claim.owner.token;
    for (const auto& [other, held] : holdings_) {
        for (const auto& [name, before] : held) {
            const wire::TokenId& token_before = before.claim.owner.token;
            if (token_before == token || !have_one_root(name, fresh.claim.name)) {
                continue;
            }
            const auto key =
                std::tuple(std::string(name.root()), std::min(token_before, token), std::max(token_before, token));
            if (excused_.count(key) != 0 && count_holdings(fresh.claim.name, token, true) > 1) {
                continue;  // one more client of a token that has it already
            }
            if (store_ != nullptr) {
                store_->two_tokens(member, fresh, other, before);
                excused_.insert(key);
                continue;
            }
            std::uint64_t* const count = excuse(member, fresh, other, before);
            if (count == nullptr) {
                throw ClusterFailure("two tokens do not have one root: " + fresh.claim.name.text() + " at " +
                                     cluster_member_name(member) + ", " + name.text() + " at " +
                                     cluster_member_name(other));
            }
            ++*count;
            excused_.insert(key);
        }
    }
}

void ClusterJudge::judge_owners(Index member, const Holding& fresh) const {
    for (const auto& [other, held] : holdings_) {
        const auto found = held.find(fresh.claim.name);
        if (store_ != nullptr && found != held.end() && found->second.claim.owner != fresh.claim.owner &&
            found->second.claim.owner.token == fresh.claim.owner.token) {
            store_->two_owners(member, fresh, other, found->second);
        }
    }
}

std::size_t ClusterJudge::count_holdings(const Name& root, const wire::TokenId& token, bool also_provisional) const {
    std::size_t count = 0;
    for (const auto& [index, held] : holdings_) {
        for (const auto& [name, holding] : held) {
            count += have_one_root(name, root) && holding.claim.owner.token == token &&
                             (also_provisional || !holding.claim.provisional)
                         ? 1
                         : 0;
        }
    }
    return count;
}

// "Across a partition, two clients of one token can have one name by rule 3; of two tokens, if the first one has
// released the name meanwhile." A home that has started may have heard of a provisional claim as little as of others.
std::uint64_t* ClusterJudge::excuse(Index member, const Holding& fresh, Index other, const Holding& before) const {
    const Index home = members_[member]->list().home_of(fresh.claim.name);
    if (fresh.claim.provisional || before.claim.provisional) {
        const Index provisional = fresh.claim.provisional ? member : other;
        const Claim& claim = fresh.claim.provisional ? fresh.claim : before.claim;
        const bool is_released = count_holdings(claim.name, claim.owner.token, false) == 0;
        if (is_released && is_ill_linked(home, provisional, news_take)) {
            return &context_.counts.stale_provisional;
        }
    }
    return !fresh.claim.provisional && members_[home]->is_alive() && is_home_restarted(*members_[home], other, before)
               ? &context_.counts.home_restarted
               : nullptr;
}

// "A claim can be granted to a second token if its home restarts while it cannot reach the member that has it, for more
// than 30 s, and no member that the home can reach has ever heard of it."
bool ClusterJudge::is_home_restarted(const ClusterMember& home, Index other, const Holding& before) const {
    const Heard what{members_[other]->incarnation(), before.claim.name, before.claim.owner.token};
    const auto has_heard = [&](Incarnation who) {
        const auto found = heard_.find(who);
        return found != heard_.end() && found->second.count(what) != 0;
    };
    const auto synced = synced_.find(home.incarnation());
    const bool is_reached = synced != synced_.end() && synced->second.count(members_[other]->incarnation()) != 0;
    const bool can_hear =
        synced != synced_.end() && std::any_of(synced->second.begin(), synced->second.end(), has_heard);
    return home.started_at() + cluster::limits::recovery_time <= context_.events.now() && !is_reached &&
           !has_heard(home.incarnation()) && !can_hear;
}

void ClusterJudge::received(Index from, std::uint64_t incarnation, Index to, const Message& message) {
    if (const auto* const granted = std::get_if<cluster::Granted>(&message)) {
        grant_ = {incarnation, granted->since};
    }
    const Incarnation own = members_[to]->incarnation();
    if (std::holds_alternative<cluster::Hello>(message)) {
        linked_at_[{to, from}] = context_.events.now();
    }
    if (std::holds_alternative<cluster::SyncEnd>(message)) {
        synced_[own].insert(members_[from]->incarnation());
    }
    if (const auto* const have = std::get_if<cluster::Have>(&message)) {
        const Index who = have->of ? members_[to]->list().find(*have->of).value_or(from) : from;
        for (const Claim& claim : have->claims) {
            heard_[own].emplace(members_[who]->incarnation(), claim.name, claim.owner.token);
        }
    }
}

// --- visitors ---

void ClusterJudge::routes_changed(const ClusterMember& member, const Name& name) {
    routes_[{member.index(), name}] = member.reg().routes(name);
}

void ClusterJudge::member_routed(const ClusterMember& member, const cluster::MemberRouted& routed) {
    cluster_rule(routed.member != member.index() && (!routed.is_routed || member.reg().is_linked(routed.member)),
                 "visitors are sent to members that are linked");
    if (routed.is_routed) {
        routed_.insert({member.index(), routed.member});
    } else {
        routed_.erase({member.index(), routed.member});
    }
    for (const auto& [name, owners] : claimed_by_) {
        routes_changed(member, name);
    }
}

void ClusterJudge::routed(Index entry, const Name& name, const std::vector<Index>& to) const {
    const cluster::Register& reg = members_[entry]->reg();
    const auto entries = reg.table().entries(name);
    const auto find = [&entries](Index index) {
        return std::find_if(entries.begin(), entries.end(),
                            [index](const auto& found) { return found.member == index; });
    };
    const auto counts = [&](const auto& one) {
        return one.routes && (one.member == entry || routed_.count({entry, one.member}) != 0);
    };
    const auto is_unbeaten = [&](const auto& one) {
        return std::none_of(entries.begin(), entries.end(), [&](const auto& other) {
            return counts(other) && other.claim.owner != one.claim.owner && cluster_claim_wins(other.claim, one.claim);
        });
    };
    const auto reported = routes_.find({entry, name});
    cluster_rule(reg.has(name) || (reported == routes_.end() ? to.empty() : reported->second == to),
                 "a member reports that routes have changed");
    for (const Index index : to) {
        cluster_rule(reg.is_linked(index) && routed_.count({entry, index}) != 0,
                     "visitors are sent to members that are linked, and have reported what they have");
        const auto found = find(index);
        cluster_rule(found != entries.end() && found->routes,
                     "visitors are sent to members that say they have the name");
        cluster_rule(std::any_of(entries.begin(), entries.end(),
                                 [&](const auto& one) {
                                     return one.claim.owner == found->claim.owner && counts(one) && is_unbeaten(one);
                                 }),
                     "visitors are sent to the winning owner");
    }
}

void ClusterJudge::served(Index member, const Name& name) const {
    const auto held = holdings_.find(member);
    cluster_rule(held != holdings_.end() && held->second.count(name) != 0,
                 "a visitor is served by a service whose claim was granted");
}

void ClusterJudge::not_here(Index entry, Index member, const Name& name) const {
    const auto had = had_until_.find({member, name});
    cluster_rule((had != had_until_.end() && had->second + 2 * news_take > context_.events.now()) ||
                     is_ill_linked(entry, member, 2 * news_take),
                 "visitors are sent only to members that have had the name of late");
}

}  // namespace ferrotunnel::simulation
