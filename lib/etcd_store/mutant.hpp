// Planted bugs of the store in etcd (base/mutant.hpp).
#pragma once

#include <cstdint>

#include "base/mutant.hpp"

namespace ferrotunnel::etcd_store {

enum class Mutant : std::uint8_t {
    none,
    lost_lease,         // a lease that etcd has lost is replaced, and what it had is not claimed again
    delayed_renewal,    // a lease is renewed only when its time is over
    backward_revision,  // an etcd that was restored from an older state is not noticed
    foreign_release,    // a release deletes also what another process of the member has put
    others_ignored,     // a claim does not ask for other tokens
    owners_ignored,     // a claim does not ask for other owners
    old_answer,         // an answer from before a loss counts
    unanswered_kept,    // a claim without an answer is not released
};

}  // namespace ferrotunnel::etcd_store
