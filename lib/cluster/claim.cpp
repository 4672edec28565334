#include "cluster/claim.hpp"

#include "cluster/mutant.hpp"

namespace ferrotunnel::cluster {
namespace {

// `over` is less than the `since` of the same claim, so two claims cannot both have ended each other.
bool has_ended(const Claim& one, const Claim& other) noexcept {
    return one.over != 0 && one.over >= other.since;
}

}  // namespace

bool wins(const Claim& one, const Claim& other) noexcept {
    if (one.provisional != other.provisional) {
        return other.provisional;
    }
    if (has_ended(one, other) || has_ended(other, one)) {
        return has_ended(one, other);
    }
    // Two homes, before and after a change of the list, can assign the same `since`.
    const bool is_older = one.since != other.since ? one.since < other.since : one.owner < other.owner;
    return is_older != mutant(Mutant::older_loses);
}

}  // namespace ferrotunnel::cluster
