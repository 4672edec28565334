// Claimant: requests that homes have granted, while they are at the store (store_check.hpp).
#include "cluster/claimant.hpp"
#include "cluster/mutant.hpp"
#include "cluster/refusals.hpp"

namespace ferrotunnel::cluster {

std::optional<StoreClaim> Claimant::pass_to_store(const Granted& granted, TimePoint now) {
    Request& request = *requests_.find(granted.request);
    const bool is_held = held(request.name, request.owner) != nullptr;
    if (!is_held && (request.claims.empty() || request.is_overtaken)) {
        return std::nullopt;
    }
    // The home has it in its table, instead of any other claim of this name here; and the store refuses it as long as
    // it has that one.
    if (!is_held && holdings_.find(request.name) != nullptr) {
        revoke(request.name, refusals::ended(request.name), now);
    }
    request.is_at_store = true;
    return StoreClaim{request.id, request.name, request.owner, request.terms, is_held, granted.over != 0};
}

// What is held is held as the home has it, also if it is asked again later.
void Claimant::store_refused(MemberIndex home, const Granted& granted, Refused why, TimePoint now) {
    Request& request = *requests_.find(granted.request);
    request.is_at_store = false;
    changes_.granted(home, request.name, granted.since, request.reserved_until);
    Claim claim{request.name, request.owner, granted.since, granted.over, request.terms};
    if (const Claim* const before = held(request.name, request.owner)) {
        claim.readiness = before->readiness;
        claim.terms = before->terms;
        claim.provisional = before->provisional;
        hold(claim, {}, now);
    } else {
        remove_entry(claim, request.reserved_until, now);
    }
    why.request = granted.request;
    refused(home, why, now);
}

TimePoint Claimant::store_answered_late(RequestId id, TimePoint now) {
    const Request request = *requests_.take(id);
    ask_again(request, now);
    return request.reserved_until;
}

const Requests::Request* Claimant::at_store(const Name& name, const Owner& owner) {
    const Request* const found = requests_.find(name, owner);
    return found != nullptr && found->is_at_store ? found : nullptr;
}

void Claimant::store_lost() {
    if (mutant(Mutant::loss_unconfirmed)) {
        return;
    }
    for (const auto& [name, holding] : holdings_.names()) {
        provisional_.add(context_.members.home_of(name), name);
    }
}

}  // namespace ferrotunnel::cluster
