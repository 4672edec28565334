// The store's agreement to what homes grant to own clients, for members with a store.
#pragma once

#include <cstddef>
#include <map>

#include "cluster/claimant.hpp"
#include "cluster/context.hpp"
#include "cluster/store_answer.hpp"

namespace ferrotunnel::cluster {

/// Between homes and the claimant: a name is held when its home and the store have granted it.
///
///   home --granted()--> StoreClaim --answered()--> Claimant::granted()
///            |              |           '--the store refuses--> Claimant::store_refused(): given back to the home
///            |              '--the home's link is lost--> answered() --> asked again; what the store granted is
///            released
///            '--nobody waits for it any more--> Claimant::granted(), which gives it back
///
/// The home has the name in its table meanwhile, so nobody else gets it there. Without a store, grants pass.
class StoreCheck {
public:
    StoreCheck(Context& context, Claimant& claimant) noexcept : context_(context), claimant_(claimant) {}

    Violation granted(MemberIndex from, const Granted& granted, TimePoint now);
    /// To a StoreClaim, once.
    void answered(RequestId request, const StoreAnswer& answer, TimePoint now);

private:
    struct Asked {
        MemberIndex home = 0;
        LinkId link = 0;  // to it, when it granted this
        Granted granted;
        StoreClaim claim;
    };

    Refused refusal_of(const StoreClaim& claim, const StoreAnswer& answer) const;
    Refused refusal_of_holder(const StoreClaim& claim, const StoreAnswer& answer) const;
    bool is_linked(const Asked& asked) const;

    Context& context_;
    Claimant& claimant_;
    std::map<RequestId, Asked> asked_;
};

}  // namespace ferrotunnel::cluster
