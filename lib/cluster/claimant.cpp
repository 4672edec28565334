#include "cluster/claimant.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "cluster/holders.hpp"
#include "cluster/mutant.hpp"
#include "cluster/refusals.hpp"

namespace ferrotunnel::cluster {

// --- from own clients ------------------------------------------------------------------------------------------------

void Claimant::claim(ClaimId claim, const Name& name, const Owner& owner, std::uint64_t terms, TimePoint now) {
    const bool is_new = places_.try_emplace(claim, Place{name, owner}).second;
    check(is_new, "the number of a claim is not used again");
    if (held(name, owner) != nullptr) {
        share(claim, name, terms);
    } else if (Request* const request = requests_.find(name, owner)) {
        join(*request, claim, terms, now);
    } else {
        ask({0, name, owner, terms, 0, {claim}}, now);
    }
}

void Claimant::share(ClaimId claim, const Name& name, std::uint64_t terms) {
    Holdings::Holding& holding = *holdings_.find(name);
    if (holding.claim.terms != terms) {
        refuse({claim}, refusals::other_terms(name));
        return;
    }
    holding.shared_by.push_back(claim);
    context_.effects.emplace_back(ClaimGranted{claim, holding.claim.since, holding.claim.provisional});
}

void Claimant::join(Request& request, ClaimId claim, std::uint64_t terms, TimePoint now) {
    if (request.terms != terms) {
        // Nobody waits for a request that was cancelled; it only has to be answered first.
        refuse({claim}, request.claims.empty()
                            ? refusals::no_decision(request.name, context_.members.name(request.home))
                            : refusals::other_terms(request.name));
        return;
    }
    if (request.claims.empty()) {
        requests_.set_deadline(request, now + limits::decision_time);
    }
    request.claims.push_back(claim);
}

void Claimant::release(ClaimId claim, Duration reserved_for, TimePoint now) {
    const auto node = places_.extract(claim);
    if (!node) {
        return;
    }
    const auto& [name, owner] = node.mapped();
    if (Request* const request = requests_.find(name, owner); request && std::erase(request->claims, claim) != 0) {
        if (request->claims.empty()) {
            cancel_at_home(*request);
        }
        return;
    }
    Holdings::Holding* const holding = holdings_.find(name);
    if (holding != nullptr && std::erase(holding->shared_by, claim) != 0 && holding->shared_by.empty()) {
        end(name, now + std::min<Duration>(reserved_for, limits::reservation_max), now);
    }
}

void Claimant::set_readiness(const Name& name, Readiness readiness) {
    Holdings::Holding* const holding = holdings_.find(name);
    if (holding != nullptr && holding->claim.readiness != readiness) {
        holding->claim.readiness = readiness;
        context_.table.add(own(), holding->claim);
        changes_.changed(name, holding->claim.since);
    }
}

// --- to homes --------------------------------------------------------------------------------------------------------

void Claimant::ask(Request request, TimePoint now) {
    const std::optional<MemberIndex> home = context_.links.home_of(request.name);
    if (!home || !context_.links.is_deciding(*home)) {
        decide_alone(request, now);
    } else if (requests_.count(*home) >= limits::requests_max) {
        refuse(request.claims, refusals::busy(context_.members.name(*home)));
    } else if (context_.table.size(own()) + requests_.size() >= limits::claims_max) {
        refuse(request.claims, refusals::too_many_names());
    } else {
        request.home = *home;
        request.deadline = std::min(request.deadline, now + limits::decision_time);
        send(std::move(request), now);
    }
}

void Claimant::send(Request request, TimePoint now) {
    if (context_.members.has_store()) {
        // A grant ends it, also one that the store refuses.
        const std::optional<Reservation> reserved = context_.table.reservation(request.name, now);
        const bool is_owners = reserved && reserved->token == request.owner.token;
        request.reserved_until = is_owners ? reserved->until : TimePoint::min();
    }
    const Request& sent = requests_.add(std::move(request));
    context_.mail.send(sent.home, ClaimRequest{sent.id, sent.name, sent.owner, sent.terms});
}

// The answer still comes, and may be a grant that has crossed this.
void Claimant::cancel_at_home(Request& request) {
    requests_.set_deadline(request, never);
    if (!request.is_at_store && !std::exchange(request.is_cancelled, true)) {
        context_.mail.send(request.home, Cancel{request.id});
    }
}

void Claimant::decide_alone(const Request& request, TimePoint now) {
    const std::optional<Claim> claim = provisional_claim(request, now);
    if (!claim) {
        const std::optional<MemberIndex> home = context_.links.home_of(request.name);
        refuse(request.claims, !context_.links.store_problem().empty()
                                   ? refusals::store_away(request.name, context_.links.store_problem())
                               : home ? refusals::home_not_linked(request.name, context_.members.name(*home))
                                      : refusals::lists_differ(request.name));
    } else if (!hold(*claim, request.claims, now)) {
        refuse(request.claims, refusals::too_many_names());
    } else {
        provisional_.add(context_.members.home_of(request.name), request.name);
    }
}

// The table has the name with the same token; and either with the same owner, or at no member that is linked. Or nobody
// has it, and it is reserved for the token, as after the orderly end of the member that is its home.
std::optional<Claim> Claimant::provisional_claim(const Request& request, TimePoint now) const {
    const std::vector<ClaimTable::Entry> entries = context_.table.entries(request.name);
    const ClaimTable::Entry* const best = winner(entries);
    if (context_.table.token_of_root(request.name, now) != request.owner.token) {
        return std::nullopt;
    }
    Claim claim{request.name, request.owner, 0, 0, request.terms, true};
    if (best == nullptr) {
        const std::optional<Reservation> reserved = context_.table.reservation(request.name, now);
        // One that is about to end may have ended at the home.
        if (!reserved || reserved->until <= now + limits::unreachable_time) {
            return std::nullopt;
        }
        claim.since = context_.clock.next(now);
        return claim;
    }
    if (best->claim.owner == request.owner) {
        if (terms_differ(entries, request.owner, request.terms, context_.links)) {
            return std::nullopt;
        }
        claim.since = best->claim.since;
        claim.over = best->claim.over;
        return claim;
    }
    if (std::any_of(entries.begin(), entries.end(),
                    [this](const ClaimTable::Entry& entry) { return context_.links.is_linked(entry.member); })) {
        return std::nullopt;
    }
    claim.since = context_.clock.next(now);
    return claim;
}

// --- from homes ------------------------------------------------------------------------------------------------------

Violation Claimant::fault_of(MemberIndex from, const Granted& granted, TimePoint now) {
    const Request* const found = requests_.find(granted.request);
    if (found == nullptr || found->home != from || found->is_at_store) {
        return "it granted what was not asked for";
    }
    // The own home follows what others have said, of which the latest may be a day ahead.
    if (from != own() && context_.clock.is_too_late(granted.since, now)) {
        return "its clock is more than a day ahead";
    }
    return std::nullopt;
}

void Claimant::granted(MemberIndex from, const Granted& granted, TimePoint now) {
    const Request request = *requests_.take(granted.request);
    if (request.claims.empty() && held(request.name, request.owner) == nullptr && mutant(Mutant::orphan_kept)) {
        return;
    }
    changes_.granted(from, request.name, granted.since);
    Claim claim{request.name, request.owner, granted.since, granted.over, request.terms};
    if (const Claim* const before = held(request.name, request.owner)) {
        claim.readiness = before->readiness;
        claim.terms = before->terms;
        provisional_.remove(context_.members.home_of(claim.name), claim.name);
        hold(claim, {}, now);
    } else if (request.claims.empty()) {
        give_back(claim, now);
    } else if (request.is_overtaken) {
        give_back(claim, now);
        ask({0, request.name, request.owner, request.terms, 0, request.claims, request.deadline}, now);
    } else if (!hold(claim, request.claims, now)) {
        refuse(request.claims, refusals::too_many_names());
        give_back(claim, now);
    }
}

void Claimant::refused(MemberIndex from, const Refused& refused, TimePoint now) {
    const Request* const found = requests_.find(refused.request);
    if (found == nullptr || found->home != from || found->is_at_store) {
        return;
    }
    const Request request = *requests_.take(refused.request);
    if (held(request.name, request.owner) != nullptr) {
        if (refused.is_temporary) {
            provisional_.defer(context_.members.home_of(request.name), request.name, now);
        } else {
            revoke(request.name, refused.text, now);
        }
    } else if (!request.is_cancelled && (!refused.is_temporary || context_.links.is_deciding(own()))) {
        refuse(request.claims, refused);
    } else if (!request.claims.empty()) {
        ask({0, request.name, request.owner, request.terms, 0, request.claims, request.deadline}, now);
    }
}

void Claimant::lost(MemberIndex from, const Lost& lost, TimePoint now) {
    const Holdings::Holding* const holding = holdings_.find(lost.name);
    const bool is_home = from == context_.members.home_of(lost.name) || context_.members.has_store();
    if (holding != nullptr && holding->claim.since == lost.since && is_home && !mutant(Mutant::lost_ignored)) {
        revoke(lost.name, refusals::ended(lost.name), now);
    }
}

void Claimant::confirm(TimePoint now) {
    for (std::size_t i = 0; i < context_.members.size() && !mutant(Mutant::provisional_kept); ++i) {
        const auto home = static_cast<MemberIndex>(i);
        while (can_confirm(home)) {
            const std::optional<Name> name = provisional_.take(home, now);
            if (!name) {
                break;
            }
            confirm_next(*name, home, now);
        }
    }
}

bool Claimant::can_confirm(MemberIndex home) const noexcept {
    const MemberIndex asked = context_.links.home_in_place_of(home);
    return context_.links.is_deciding(asked) && requests_.confirming(asked) < limits::confirmations_max &&
           requests_.count(asked) < limits::requests_max;
}

void Claimant::confirm_next(const Name& name, MemberIndex home, TimePoint now) {
    const Claim& claim = holdings_.find(name)->claim;
    const MemberIndex asked = context_.links.home_in_place_of(home);
    // A request may be left of an earlier claim of this owner; its answer would be taken for this one.
    if (context_.links.home_of(name) != asked || requests_.find(name, claim.owner) != nullptr) {
        provisional_.defer(home, name, now);
        return;
    }
    Request request{0, name, claim.owner, claim.terms, asked, {}};
    request.confirms = true;
    send(std::move(request), now);
}

void Claimant::link_lost(MemberIndex home, TimePoint now) {
    for (const Request& request : requests_.take_all(home)) {
        ask_again(request, now);
    }
}

void Claimant::ask_again(const Request& request, TimePoint now) {
    if (held(request.name, request.owner) != nullptr) {
        provisional_.add(context_.members.home_of(request.name), request.name);
    } else if (!request.claims.empty()) {
        ask({0, request.name, request.owner, request.terms, 0, request.claims, request.deadline}, now);
    }
}

// --- time ------------------------------------------------------------------------------------------------------------

TimePoint Claimant::next_deadline() const noexcept {
    TimePoint earliest = requests_.next_deadline();
    for (std::size_t i = 0; i < context_.members.size(); ++i) {
        const auto home = static_cast<MemberIndex>(i);
        if (can_confirm(home)) {
            earliest = std::min(earliest, provisional_.again(home));
        }
    }
    return earliest;
}

void Claimant::tick(TimePoint now) {
    while (Request* const late = requests_.due(now)) {
        Request request = *late;
        late->claims.clear();
        cancel_at_home(*late);
        if (mutant(Mutant::late_alone)) {
            decide_alone(request, now);
        } else {
            refuse(request.claims, refusals::no_decision(request.name, context_.members.name(request.home)));
        }
    }
}

// --- what is held ----------------------------------------------------------------------------------------------------

const Claim* Claimant::held(const Name& name, const Owner& owner) const {
    const Holdings::Holding* const holding = holdings_.find(name);
    return holding != nullptr && holding->claim.owner == owner ? &holding->claim : nullptr;
}

bool Claimant::hold(const Claim& claim, const std::vector<ClaimId>& claims, TimePoint now) {
    const Holdings::Holding* const before = holdings_.find(claim.name);
    const Since known = before == nullptr ? 0 : before->claim.since;
    if (before != nullptr && before->claim.owner != claim.owner) {
        revoke(claim.name, refusals::ended(claim.name), now);
    }
    if (context_.table.add(own(), claim) == ClaimTable::Added::full) {
        return false;
    }
    Holdings::Holding& holding = holdings_.hold(claim);
    holding.shared_by.insert(holding.shared_by.end(), claims.begin(), claims.end());
    for (ClaimId granted : claims) {
        context_.effects.emplace_back(ClaimGranted{granted, claim.since, claim.provisional});
    }
    changes_.changed(claim.name, known);
    return true;
}

// The home has it in its table, instead of any other claim of this name here.
void Claimant::give_back(const Claim& granted, TimePoint now) {
    if (holdings_.find(granted.name) != nullptr) {
        revoke(granted.name, refusals::ended(granted.name), now);
    }
    remove_entry(granted, TimePoint::min(), now);
}

void Claimant::refuse(const std::vector<ClaimId>& claims, const Refused& why) {
    for (ClaimId claim : claims) {
        places_.erase(claim);
        context_.effects.emplace_back(ClaimRefused{claim, why.code, why.is_temporary, why.text});
    }
}

void Claimant::revoke(const Name& name, const std::string& why, TimePoint now) {
    const Claim& claim = holdings_.find(name)->claim;
    context_.effects.emplace_back(Revoked{name, claim.owner, claim.since, why});
    end(name, TimePoint::min(), now);
}

void Claimant::end(const Name& name, TimePoint reserved_until, TimePoint now) {
    const Claim claim = holdings_.find(name)->claim;
    provisional_.remove(context_.members.home_of(name), name);
    if (Request* const confirming = requests_.find(name, claim.owner)) {
        cancel_at_home(*confirming);
        confirming->is_overtaken = true;
    }
    holdings_.erase(name);
    if (context_.members.has_store()) {
        const Duration reserved_for = reserved_until > now ? reserved_until - now : Duration::zero();
        context_.effects.emplace_back(StoreRelease{name, claim.owner, claim.terms, reserved_for});
    }
    remove_entry(claim, reserved_until, now);
    changes_.changed(name, claim.since, reserved_until);
}

// Unless this member is the home, and has entered another claim of the name here. Visitors were not sent to another
// owner, whose claim has lost against this one, so they may have to be now.
void Claimant::remove_entry(const Claim& ended, TimePoint reserved_until, TimePoint now) {
    const std::optional<ClaimTable::Entry> entry = context_.table.entry(own(), ended.name);
    if (entry && entry->claim.since == ended.since && entry->claim.owner == ended.owner) {
        context_.table.remove(own(), ended.name, reserved_until, now);
        if (!context_.table.entries(ended.name).empty() && !mutant(Mutant::own_end_unreported)) {
            context_.effects.emplace_back(RoutesChanged{ended.name});
        }
    }
}

}  // namespace ferrotunnel::cluster
