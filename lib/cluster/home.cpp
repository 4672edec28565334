#include "cluster/home.hpp"

#include <algorithm>
#include <string>

#include "cluster/holders.hpp"
#include "cluster/mutant.hpp"
#include "cluster/refusals.hpp"

namespace ferrotunnel::cluster {

Violation Home::request(MemberIndex from, const ClaimRequest& request, TimePoint now) {
    if (open_[from] >= limits::requests_max) {
        return "it has more than " + std::to_string(limits::requests_max) + " requests without an answer";
    }
    if (from != context_.members.own() && !context_.links.is_synced(from)) {
        return "it asked before it had sent all its claims";  // and said which grants it has not received
    }
    if (from != context_.members.own() && !context_.members.has_homes()) {
        return "it asked a member that is not a home";
    }
    if (contests_.contains({from, request.request})) {
        return "it has used the number of a request twice";
    }
    ++open_[from];
    decide(from, request, {}, {}, now);
    return std::nullopt;
}

void Home::cancel(MemberIndex from, const Cancel& cancel) {
    const auto found = contests_.find({from, cancel.request});
    if (found != contests_.end()) {
        refuse(from, take(found), refusals::cancelled());
    }
}

// `silent`: members where this rival has not answered.
void Home::decide(MemberIndex from, const ClaimRequest& request, const Owner& rival, MemberSet silent, TimePoint now) {
    const Name& name = request.name;
    if (context_.links.home_of(name) != context_.members.own()) {
        return refuse(from, request, refusals::lists_differ(name));
    }
    // Between its own clients, as when others were asked about this and the store is away since then.
    if (from == context_.members.own() && !context_.links.store_problem().empty()) {
        return refuse(from, request, refusals::store_away(name, context_.links.store_problem()));
    }
    if (const auto own = held_by_store(from, request)) {
        return grant(from, request, own->since, own->over);
    }
    const std::optional<wire::TokenId> token = context_.table.token_of_root(name, now);
    const std::vector<ClaimTable::Entry> entries = context_.table.entries(name);
    const ClaimTable::Entry* const best = winner(entries);
    if (token && *token != request.owner.token) {
        const bool is_reserved = best == nullptr && context_.table.reservation(name, now);
        return refuse(from, request, is_reserved ? refusals::reserved(name) : refusals::taken_by_token(name));
    }
    if (best != nullptr && best->claim.owner == request.owner) {
        return terms_differ(entries, request.owner, request.terms, context_.links)
                   ? refuse(from, request, refusals::other_terms(name))
                   : grant(from, request, best->claim.since, best->claim.over);
    }
    if (!recovery_.is_over() && context_.members.has_homes()) {
        return refuse(from, request, refusals::recovering(name, context_.members.name(context_.members.own())));
    }
    if (best == nullptr) {
        return grant(from, request, context_.clock.next(now), 0);
    }
    Contest contest{request, best->claim.owner, {}, best->claim.owner == rival ? silent : MemberSet{}};
    for (const ClaimTable::Entry& entry : entries) {
        if (entry.claim.owner != contest.rival || contest.silent[entry.member]) {
            continue;
        }
        if (context_.links.is_linked(entry.member)) {
            contest.probed.set(entry.member);
        } else if (!context_.links.is_unreachable(entry.member, now)) {
            return refuse(from, request, refusals::holder_not_linked(name, context_.members.name(entry.member)));
        }
    }
    if (contest.probed.any()) {
        return start(from, contest);
    }
    Since over = 0;
    for (const ClaimTable::Entry& entry : entries) {
        over = entry.claim.owner == request.owner ? over : std::max(over, entry.claim.since);
    }
    grant(from, request, context_.clock.next(now), over);
    end_others(from, entries, request.owner);
}

// Between members that only the store decides for, a name that has two owners is the store's matter alone: if each
// member decided as well, both might lose it.
std::optional<Claim> Home::held_by_store(MemberIndex from, const ClaimRequest& request) const {
    if (from != context_.members.own() || context_.members.has_homes()) {
        return std::nullopt;
    }
    const std::optional<ClaimTable::Entry> entry = context_.table.entry(from, request.name);
    const bool is_held = entry && entry->claim.owner == request.owner && !entry->claim.provisional;
    return is_held ? std::optional(entry->claim) : std::nullopt;
}

void Home::start(MemberIndex from, const Contest& contest) {
    const Asker asker{from, contest.request.request};
    const ClaimRequest& request = contest.request;
    std::size_t& of_token = contests_of_token_[{from, request.owner.token}];
    if (of_token >= limits::requests_of_token_max) {
        return refuse(from, request, refusals::busy(context_.members.name(context_.members.own())));
    }
    ++of_token;
    const auto started = contests_.emplace(asker, contest).first;
    for (std::size_t i = 0; i < contest.probed.size(); ++i) {
        if (!contest.probed[i]) {
            continue;
        }
        const auto member = static_cast<MemberIndex>(i);
        const std::optional<ClaimTable::Entry> entry = context_.table.entry(member, request.name);
        if (!probes_.ask(member, entry->claim, asker)) {
            return refuse(from, take(started), refusals::busy(context_.members.name(member)));
        }
    }
}

void Home::probed(MemberIndex from, const Probed& probed, TimePoint now) {
    const std::optional<Probes::Probe> probe = probes_.answered(from, probed.request);
    if (!probe) {
        return;
    }
    // The answer is about the claim of that time. The name may have been released since then, and granted again: then
    // nothing is known of the owner.
    const std::optional<ClaimTable::Entry> entry = context_.table.entry(from, probe->name);
    const bool has_it =
        entry && entry->routes && entry->claim.owner == probe->owner && entry->claim.since == probe->since;
    const bool answers = probed.answers && !mutant(Mutant::silent_probe);
    finish(*probe, answers ? Outcome::answers : has_it ? Outcome::silent : Outcome::unknown, now);
}

void Home::finish(const Probes::Probe& probe, Outcome outcome, TimePoint now) {
    for (const Asker& asker : probe.askers) {
        const auto found = contests_.find(asker);
        if (found == contests_.end()) {
            continue;
        }
        Contest& contest = found->second;
        contest.probed.reset(probe.member);
        contest.silent.set(probe.member, outcome == Outcome::silent);
        if (outcome == Outcome::answers) {
            const ClaimRequest request = take(found);
            refuse(asker.first, request, refusals::taken_by_client(request.name));
        } else if (contest.probed.none()) {
            const MemberSet silent = contest.silent;
            decide(asker.first, take(found), probe.owner, silent, now);
        }
    }
}

ClaimRequest Home::take(Contests::iterator contest) {
    const auto [asker, part] = std::move(*contest);
    contests_.erase(contest);
    const auto count = contests_of_token_.find({asker.first, part.request.owner.token});
    if (--count->second == 0) {
        contests_of_token_.erase(count);
    }
    for (std::size_t i = 0; i < part.probed.size(); ++i) {
        if (part.probed[i]) {
            probes_.withdraw(static_cast<MemberIndex>(i), part.rival, asker);
        }
    }
    return part.request;
}

// It is in the table at once, so the next request sees it. It routes when the member confirms it.
void Home::grant(MemberIndex from, const ClaimRequest& request, Since since, Since over) {
    Claim claim{request.name, request.owner, since, over, request.terms};
    const std::optional<ClaimTable::Entry> before = context_.table.entry(from, request.name);
    const bool is_known = before && before->claim.owner == request.owner;
    if (is_known) {
        claim.readiness = before->claim.readiness;
    } else {
        probes_.granted_again(from, request.name, request.owner);
    }
    if (context_.table.add(from, claim, is_known && before->routes) == ClaimTable::Added::full) {
        return refuse(from, request, refusals::too_many_names());
    }
    if (from != context_.members.own()) {
        grants_.add(from, request.name, since);
        context_.effects.emplace_back(RoutesChanged{request.name});
    }
    context_.mail.send(from, Granted{request.request, since, over});
}

void Home::end_others(MemberIndex asker, const std::vector<ClaimTable::Entry>& entries, const Owner& owner) {
    for (const ClaimTable::Entry& entry : entries) {
        // A grant replaces the claim of the asker's other client.
        if (entry.member != asker && entry.claim.owner != owner) {
            context_.mail.send_lost(entry.member, entry.claim.name, entry.claim.since);
        }
    }
}

void Home::refuse(MemberIndex to, const ClaimRequest& request, Refused why) {
    why.request = request.request;
    context_.mail.send(to, std::move(why));
}

void Home::link_lost(MemberIndex member, TimePoint now) {
    open_[member] = 0;
    grants_.clear(member);
    for (auto contest = contests_.lower_bound({member, 0});
         contest != contests_.end() && contest->first.first == member;) {
        (void)take(contest++);
    }
    while (const std::optional<Probes::Probe> probe = probes_.link_lost(member)) {
        finish(*probe, Outcome::unknown, now);
    }
}

}  // namespace ferrotunnel::cluster
