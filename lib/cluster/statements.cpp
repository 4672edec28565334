#include "cluster/statements.hpp"

#include <algorithm>
#include <chrono>
#include <string>

#include "cluster/mutant.hpp"
#include "cluster/reservations.hpp"

namespace ferrotunnel::cluster {

Violation Statements::sync_begin(MemberIndex from) {
    if (!context_.links.begin_sync(from)) {
        return "it began to send all its claims twice";
    }
    context_.table.begin_sync(from);
    return std::nullopt;
}

Violation Statements::sync_end(MemberIndex from, TimePoint now) {
    if (!context_.links.end_sync(from)) {
        return "it ended a list of claims that it had not begun";
    }
    if (!mutant(Mutant::sync_keeps)) {
        end_unrepeated(from, now);
    }
    recovery_.reported(from);
    context_.effects.emplace_back(MemberRouted{from, true});
    return std::nullopt;
}

void Statements::end_unrepeated(MemberIndex member, TimePoint now) {
    for (const Claim& ended : context_.table.end_sync(member, now)) {
        context_.mail.withdraw_lost(member, ended.name);
        context_.effects.emplace_back(RoutesChanged{ended.name});
    }
}

void Statements::forget(MemberIndex member, TimePoint now) {
    context_.table.begin_sync(member);
    end_unrepeated(member, now);
}

Violation Statements::have(MemberIndex from, const Have& have, TimePoint now) {
    for (const Claim& claim : have.claims) {
        if (context_.clock.is_too_late(claim.since, now)) {
            return "its clock is more than a day ahead";
        }
        if (have.of) {
            heard(from, *have.of, claim, now);
        } else if (Violation violation = claimed(from, claim, now)) {
            return violation;
        }
    }
    return std::nullopt;
}

Violation Statements::claimed(MemberIndex member, const Claim& claim, TimePoint now) {
    if (!grants_.accepts(member, claim.name, claim.since)) {
        return std::nullopt;
    }
    const std::optional<wire::TokenId> token = context_.table.token_of_root(claim.name, now);
    switch (context_.table.add(member, claim)) {
        case ClaimTable::Added::full:
            return "it has more names than a member may have";
        case ClaimTable::Added::added:
        case ClaimTable::Added::changed:
            context_.effects.emplace_back(RoutesChanged{claim.name});
            break;
        case ClaimTable::Added::same:
            break;
    }
    conflicts_.resolve(claim.name, token, now);
    return std::nullopt;
}

// What the member says itself is newer, from the end of its sync on: before that, its link can be lost. Of this
// member's own earlier claims, only the tokens matter: its clients are gone, and have to come back.
void Statements::heard(MemberIndex from, const std::string& of, const Claim& claim, TimePoint now) {
    const std::optional<MemberIndex> member = context_.members.find(of);
    if (member == context_.members.own()) {
        const TimePoint until = now + reserved_for(claim.name.kind());
        context_.table.reserve(from, {claim.name, claim.owner.token, until}, now);
    } else if (member && !context_.links.is_synced(*member)) {
        const std::optional<wire::TokenId> token = context_.table.token_of_root(claim.name, now);
        if (context_.table.add_hearsay(*member, claim)) {
            context_.effects.emplace_back(RoutesChanged{claim.name});
            conflicts_.resolve(claim.name, token, now);
        }
    }
}

void Statements::reserved(const Reserved& reserved, MemberIndex from, TimePoint now) {
    for (const Reserved::One& one : reserved.names) {
        context_.table.reserve(from, {one.name, one.token, now + std::chrono::milliseconds(one.milliseconds)}, now);
    }
}

void Statements::gone(MemberIndex from, const Gone& gone, TimePoint now) {
    const std::optional<ClaimTable::Entry> entry = context_.table.entry(from, gone.name);
    if (!entry || (entry->claim.since != gone.since && !mutant(Mutant::reordered_claim)) ||
        mutant(Mutant::stale_route)) {
        return;
    }
    (void)grants_.accepts(from, gone.name, gone.since);
    context_.mail.withdraw_lost(from, gone.name);
    context_.table.remove(from, gone.name, now + std::chrono::milliseconds(gone.milliseconds), now);
    context_.effects.emplace_back(RoutesChanged{gone.name});
}

}  // namespace ferrotunnel::cluster
