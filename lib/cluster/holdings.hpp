// Names that own clients have: the present claim of each, and which claims of clients share it.
#pragma once

#include <map>
#include <vector>

#include "cluster/effects.hpp"
#include "cluster/name.hpp"

namespace ferrotunnel::cluster {

/// In the order of the names, so that a sync can go through them while they change. The table has the same claims; but
/// there a home enters what it grants before its client has been told.
class Holdings {
public:
    struct Holding {
        Claim claim;
        std::vector<ClaimId> shared_by;
    };
    using Names = std::map<Name, Holding>;

    const Names& names() const noexcept { return names_; }
    Holding* find(const Name& name) {
        const auto found = names_.find(name);
        return found == names_.end() ? nullptr : &found->second;
    }
    const Holding* find(const Name& name) const {
        const auto found = names_.find(name);
        return found == names_.end() ? nullptr : &found->second;
    }
    Holding& hold(const Claim& claim) {
        Holding& holding = names_.try_emplace(claim.name, Holding{claim, {}}).first->second;
        holding.claim = claim;
        return holding;
    }
    void erase(const Name& name) { names_.erase(name); }

private:
    Names names_;
};

}  // namespace ferrotunnel::cluster
