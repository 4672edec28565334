// Holders of one name, among which all but one owner's are about to end.
#pragma once

#include <algorithm>
#include <vector>

#include "cluster/claim_table.hpp"
#include "cluster/links.hpp"

namespace ferrotunnel::cluster {

/// An entry of the owner that wins over all others (cluster::wins); null if there are none.
inline const ClaimTable::Entry* winner(const std::vector<ClaimTable::Entry>& entries) noexcept {
    const ClaimTable::Entry* best = nullptr;
    for (const ClaimTable::Entry& entry : entries) {
        if (best == nullptr || wins(entry.claim, best->claim)) {
            best = &entry;
        }
    }
    return best;
}

/// Whether a holder of this owner has other terms. Those that are not linked do not count: they may never return.
inline bool terms_differ(const std::vector<ClaimTable::Entry>& entries, const Owner& owner, std::uint64_t terms,
                         const Links& links) noexcept {
    return std::any_of(entries.begin(), entries.end(), [&](const ClaimTable::Entry& entry) {
        return entry.claim.owner == owner && entry.claim.terms != terms && links.is_linked(entry.member);
    });
}

}  // namespace ferrotunnel::cluster
