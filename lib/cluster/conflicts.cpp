#include "cluster/conflicts.hpp"

#include "cluster/holders.hpp"

namespace ferrotunnel::cluster {

void Conflicts::resolve(const Name& name, const std::optional<wire::TokenId>& before, TimePoint now) {
    if (!context_.members.has_homes() || context_.links.has_member_without_homes()) {
        return;  // the store has decided, and what is known here of two members can be of two moments
    }
    const std::optional<wire::TokenId> token = context_.table.token_of_root(name, now);
    if (context_.links.home_of(name) != context_.members.own() || !token) {
        return;
    }
    if (before && before != token) {
        context_.table.for_each_of_root(name, [&](const ClaimTable::Entry& entry) {
            if (entry.claim.owner.token != *token) {
                end(entry);
            }
        });
    }
    std::vector<ClaimTable::Entry> entries = context_.table.entries(name);
    std::erase_if(entries, [&](const ClaimTable::Entry& entry) {
        const bool is_other = entry.claim.owner.token != *token;
        if (is_other) {
            end(entry);
        }
        return is_other;
    });
    const ClaimTable::Entry* const best = winner(entries);
    for (const ClaimTable::Entry& entry : entries) {
        if (entry.claim.owner != best->claim.owner) {
            end(entry);
        }
    }
}

void Conflicts::end(const ClaimTable::Entry& loser) {
    if (!loser.claim.provisional) {
        context_.mail.send_lost(loser.member, loser.claim.name, loser.claim.since);
    }
}

}  // namespace ferrotunnel::cluster
