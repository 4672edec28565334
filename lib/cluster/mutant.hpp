// Planted bugs of the register of a cluster (base/mutant.hpp).
#pragma once

#include <cstdint>

#include "base/mutant.hpp"

namespace ferrotunnel::cluster {

enum class Mutant : std::uint8_t {
    none,
    stale_route,            // a claim that has ended still routes
    two_homes,              // a member decides although it is not the home
    reordered_claim,        // `gone` for an earlier claim ends the present one
    forgotten_pending,      // a grant on its way is forgotten when the link is lost
    early_recovery,         // a home that has started decides before the others have reported
    provisional_kept,       // the home is not asked about a provisional claim
    sync_keeps,             // what a member did not repeat stays
    older_loses,            // of two owners the later one wins
    unlinked_routes,        // visitors are routed to members whose link is lost
    silent_probe,           // a client that has answered is ended by another one
    lost_ignored,           // a claim that the home has ended stays
    orphan_kept,            // a grant whose asker has ended is not given back
    late_alone,             // a home that is linked but slow is replaced by the table
    hop_of_a_hop,           // a visitor from another member may be sent on to a third one
    earlier_value_wins,     // of two changes of a shared value
    removed_value_revived,  // by a member that comes back
    lifetime_restarted,     // of a value, at each member that hears of it
    value_not_passed_on,    // whose setter has ended before all others had it
    lost_link_knows,        // a value that was sent on a link is not sent again on the next one
    early_routes_written,   // a table of routes gets those of when a name changed, and not of when it is written
    own_end_unreported,     // the end of an own claim that won is not reported as a change of routes
    unreachable_kept,       // with a store: what a member had that cannot be reached refuses names for ever
    away_refuses,           // a store that cannot be asked ends what is held
    loss_unconfirmed,       // what a store has lost is not claimed again
};

}  // namespace ferrotunnel::cluster
