#include "simulation/cluster/cluster_store_judge.hpp"

#include <algorithm>
#include <set>

#include "etcd_store/claim_keys.hpp"
#include "etcd_store/limits.hpp"

namespace ferrotunnel::simulation {

namespace cluster = ferrotunnel::cluster;
using namespace std::chrono_literals;

namespace {

// What is known of another member is at most that old while the link to it is good.
constexpr Duration store_news_take = 20s;
// What a member had ends after its lease at etcd (10 s), and in tables after that of its link (11 s until it is lost,
// 15 s until it is unreachable); then the client has to ask again.
constexpr Duration claim_ends = 45s;
// And its port was reserved for a minute from then on.
constexpr Duration port_ends = 100s;
// A lease that was not renewed for its time is replaced at the next answer.
constexpr Duration lease_again = 15s;

bool is_claim(const std::string& key) {
    return std::count(key.begin(), key.end(), ' ') == 4;
}

etcd_store::ClaimedName claimed(const cluster::Claim& claim) {
    return {claim.name, claim.owner, claim.terms};
}

}  // namespace

std::string ClusterStoreJudge::key_of(Index member, const Claim& claim) const {
    return etcd_store::ClaimKeys("ferrotunnel/", cluster_member_name(member)).claim_key(claimed(claim));
}

// --- what etcd has lost ----------------------------------------------------------------------------------------------

void ClusterStoreJudge::gone(const etcd::KeyValue& key, bool is_lost) {
    context_.tell([&] { return "    etcd: " + key.key + (is_lost ? " is lost" : " is deleted"); });
    if (!is_claim(key.key)) {
        return;
    }
    if (is_lost) {
        lost_[key.key] = context_.events.now();
        return;
    }
    const Index member = static_cast<Index>(key.key.back() - 'a');
    if (!stores_[member]->keeps(key.lease)) {
        return;  // it would end in any case
    }
    for (const auto& [name, holding] : judge_.holdings(member)) {
        if (!holding.claim.provisional && key_of(member, holding.claim) == key.key) {
            throw ClusterFailure("etcd keeps what a member has: " + key.key);
        }
    }
}

bool ClusterStoreJudge::was_lost(Index member, const Claim& claim, TimePoint since) const {
    const auto found = lost_.find(key_of(member, claim));
    return found != lost_.end() && found->second >= since;
}

void ClusterStoreJudge::lost(Index member) const {
    cluster_rule(!is_quiet(member, claim_ends), "a member that reaches etcd loses no lease");
}

// --- two owners ------------------------------------------------------------------------------------------------------

void ClusterStoreJudge::two_tokens(Index member, const Holding& fresh, Index other, const Holding& before) {
    const TimePoint late = context_.events.now() - store_news_take;
    const bool is_news = judge_.is_ill_linked(member, other, store_news_take);
    const bool is_provisional = fresh.claim.provisional || before.claim.provisional;
    const bool is_lost =
        was_lost(other, before.claim, before.granted_at - store_news_take) || was_lost(member, fresh.claim, late);
    const bool is_just_lost = was_lost(other, before.claim, late) || was_lost(member, fresh.claim, late);
    const bool is_excused =
        is_provisional ? is_news || before.granted_at >= late : is_just_lost || (is_lost && is_news);
    if (!is_excused) {
        throw ClusterFailure("two tokens do not have one root: " + fresh.claim.name.text() + " at " +
                             cluster_member_name(member) + ", " + before.claim.name.text() + " at " +
                             cluster_member_name(other));
    }
    ++(is_provisional ? context_.counts.stale_provisional : context_.counts.lost_leases);
}

void ClusterStoreJudge::two_owners(Index member, const Holding& fresh, Index other, const Holding& before) {
    if (fresh.claim.provisional || before.claim.provisional) {
        return;
    }
    const TimePoint late = context_.events.now() - store_news_take;
    if (!was_lost(other, before.claim, before.granted_at - store_news_take) && !was_lost(member, fresh.claim, late)) {
        throw ClusterFailure("two owners do not have one name: " + fresh.claim.name.text() + " at " +
                             cluster_member_name(member) + " and " + cluster_member_name(other));
    }
    ++context_.counts.lost_leases;
}

// --- answers ---------------------------------------------------------------------------------------------------------

// By the table, only while etcd cannot be asked, or as that begins.
void ClusterStoreJudge::granted_provisionally(Index member) {
    cluster_rule(!members_[member]->reg().store_problem().empty(), "a store that can be asked is awaited");
}

void ClusterStoreJudge::released(const Name& name, Duration reserved_for) {
    TimePoint& until = reserved_until_[std::string(name.root())];
    until =
        std::max(until, context_.events.now() + reserved_for + reserved_for / etcd_store::limits::release_share + 3s);
}

// A member that was stopped does not know yet.
void ClusterStoreJudge::revoked(Index member, const Claim& claim) {
    const TimePoint now = context_.events.now();
    const TimePoint away = faults_.away_since();
    const bool can_know = away != never && away + 30s <= now && members_[member]->resumed_at() + 1s <= now;
    if (!claim.provisional && can_know) {
        throw ClusterFailure("nothing is revoked while etcd is gone: " + claim.name.text());
    }
}

TimePoint ClusterStoreJudge::last_trouble(Index member) const {
    const auto jumped = jumped_.find(member);
    const ClusterMember& one = *members_[member];
    return std::max({faults_.last_trouble(member), one.started_at(), one.resumed_at(),
                     jumped == jumped_.end() ? TimePoint{} : jumped->second});
}

// The member reaches etcd and all other members that run.
bool ClusterStoreJudge::is_quiet(Index member, Duration time) const {
    return last_trouble(member) + time <= context_.events.now() &&
           std::all_of(members_.begin(), members_.end(), [&](const auto& other) {
               return other->index() == member || !other->is_alive() ||
                      !judge_.is_ill_linked(member, other->index(), time);
           });
}

// Somebody has what this owner wants, or had it of late.
bool ClusterStoreJudge::has_reason(const Name& name, const Owner& owner, Duration time) const {
    for (const auto& member : members_) {
        for (const auto& [held, holding] : judge_.holdings(member->index())) {
            const bool is_other_token = holding.claim.owner.token != owner.token && held.root() == name.root();
            if (is_other_token || (held == name && holding.claim.owner != owner)) {
                return true;
            }
        }
    }
    return judge_.had_root(name) + time > context_.events.now();
}

void ClusterStoreJudge::refused(Index member, const Name& name, const Owner& owner, bool is_temporary) {
    if (owner.party[0] == 0xff) {
        return;  // groups have other terms, too
    }
    cluster_rule(
        members_[member]->reg().store_problem().empty() || last_trouble(member) + lease_again > context_.events.now(),
        "a member that reaches etcd can ask it");
    const bool is_port = name.kind() == cluster::Name::Kind::tcp_port || name.kind() == cluster::Name::Kind::udp_port;
    const Duration time = is_temporary ? claim_ends : port_ends;
    if ((!is_temporary && !is_port) || !is_quiet(member, time) || has_reason(name, owner, time)) {
        return;
    }
    const auto reserved = reserved_until_.find(std::string(name.root()));
    if (!is_temporary && reserved != reserved_until_.end() && reserved->second > context_.events.now()) {
        return;
    }
    throw ClusterFailure("a name that nobody has is not refused: " + name.text() + " at " +
                         cluster_member_name(member));
}

// --- in the end ------------------------------------------------------------------------------------------------------

void ClusterStoreJudge::check() const {
    std::set<std::string> expected;
    for (const auto& member : members_) {
        for (const auto& [name, holding] : judge_.holdings(member->index())) {
            const std::string key = key_of(member->index(), holding.claim);
            expected.insert(key);
            if (!etcd_.keys().contains(key)) {
                throw ClusterFailure("in the end etcd has what members have: " + key);
            }
        }
    }
    for (const auto& [key, kept] : etcd_.keys()) {
        if (is_claim(key) && !expected.contains(key)) {
            throw ClusterFailure("in the end etcd has only what members have: " + key);
        }
    }
    for (const auto& store : stores_) {
        cluster_rule(store->names().waiting() == 0, "in the end no store waits");
        cluster_rule(store->names().problem().empty(), "in the end all stores can be asked");
    }
}

void ClusterStoreJudge::check_left() const {
    for (const auto& [key, kept] : etcd_.keys()) {
        if (is_claim(key)) {
            throw ClusterFailure("when all have left, etcd has no claim: " + key);
        }
    }
}

}  // namespace ferrotunnel::simulation
