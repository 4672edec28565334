#include "cluster/store_check.hpp"

#include <algorithm>
#include <utility>

#include "cluster/limits.hpp"
#include "cluster/mutant.hpp"
#include "cluster/refusals.hpp"

namespace ferrotunnel::cluster {

Violation StoreCheck::granted(MemberIndex from, const Granted& granted, TimePoint now) {
    if (Violation violation = claimant_.fault_of(from, granted, now)) {
        return violation;
    }
    const std::optional<StoreClaim> claim =
        context_.members.has_store() ? claimant_.pass_to_store(granted, now) : std::nullopt;
    if (!claim) {
        claimant_.granted(from, granted, now);
    } else if (asked_.size() >= limits::store_claims_max) {
        claimant_.store_refused(from, granted, refusals::store_away(claim->name, "too many claims wait for it"), now);
    } else {
        const LinkId link = from == context_.members.own() ? 0 : context_.links.link(from);
        asked_.emplace(granted.request, Asked{from, link, granted, *claim});
        context_.effects.emplace_back(*claim);
    }
    return std::nullopt;
}

void StoreCheck::answered(RequestId request, const StoreAnswer& answer, TimePoint now) {
    const auto node = asked_.extract(request);
    if (!node) {
        return;
    }
    const Asked& asked = node.mapped();
    const StoreClaim& claim = asked.claim;
    const bool agrees = answer.kind == StoreAnswer::Kind::granted;
    // Then the name has ended since then, and its end was told to the store after this question.
    const bool is_released = claimant_.at_store(claim.name, claim.owner)->is_overtaken;
    TimePoint reserved_until = now;
    if (!is_linked(asked)) {
        reserved_until = std::max(now, claimant_.store_answered_late(request, now));
    } else if (agrees) {
        claimant_.granted(asked.home, asked.granted, now);
    } else {
        claimant_.store_refused(asked.home, asked.granted, refusal_of(claim, answer), now);
    }
    if (agrees && !is_released && !claimant_.holds(claim.name, claim.owner)) {
        context_.effects.emplace_back(StoreRelease{claim.name, claim.owner, claim.terms, reserved_until - now});
    }
}

Refused StoreCheck::refusal_of(const StoreClaim& claim, const StoreAnswer& answer) const {
    switch (answer.kind) {
        case StoreAnswer::Kind::other_token:
            return refusals::taken_by_token(claim.name);
        case StoreAnswer::Kind::reserved:
            return refusals::reserved(claim.name);
        case StoreAnswer::Kind::other_owner:
        case StoreAnswer::Kind::other_terms:
            return refusal_of_holder(claim, answer);
        case StoreAnswer::Kind::granted:
        case StoreAnswer::Kind::unavailable:
            break;
    }
    return mutant(Mutant::away_refuses) ? refusals::taken_by_token(claim.name)
                                        : refusals::store_away(claim.name, answer.text);
}

// Final only if the member whose key the store has reports the same; otherwise the key may be about to end. If it is
// final, a name that is held here ends: the store had lost its key, and has given the name to the other client. Where
// homes decide, they end one of the two.
Refused StoreCheck::refusal_of_holder(const StoreClaim& claim, const StoreAnswer& answer) const {
    const bool has_other_terms = answer.kind == StoreAnswer::Kind::other_terms;
    const std::optional<MemberIndex> member = context_.members.find(answer.text);
    if (!member || (*member != context_.members.own() && !context_.links.is_linked(*member))) {
        return has_other_terms ? refusals::other_terms_not_linked(claim.name, answer.text)
                               : refusals::holder_not_linked(claim.name, answer.text);
    }
    const std::optional<ClaimTable::Entry> entry = context_.table.entry(*member, claim.name);
    const bool says_so = entry && (entry->routes || *member == context_.members.own());
    if (says_so && has_other_terms && entry->claim.owner == claim.owner && entry->claim.terms != claim.terms) {
        return refusals::other_terms(claim.name);
    }
    const bool homes_decide = context_.members.has_homes() && !context_.links.has_member_without_homes();
    const bool is_anothers = says_so && entry->claim.owner != claim.owner && !entry->claim.provisional;
    return is_anothers && !homes_decide && claimant_.holds(claim.name, claim.owner)
               ? refusals::taken_by_client(claim.name)
               : refusals::still_stored(claim.name, answer.text);
}

bool StoreCheck::is_linked(const Asked& asked) const {
    return asked.home == context_.members.own() ||
           (context_.links.is_linked(asked.home) && context_.links.link(asked.home) == asked.link);
}

}  // namespace ferrotunnel::cluster
