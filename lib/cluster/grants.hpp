// Grants of this home that their members have not confirmed yet.
#pragma once

#include <array>
#include <map>

#include "cluster/claim.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"

namespace ferrotunnel::cluster {

/// What a member tells of such a name before it has received the grant is older than the grant. Each grant is answered
/// by `have` or `gone` with its `since`, or ends with the link.
class Grants {
public:
    void add(MemberIndex member, const Name& name, Since since) { names_[member].insert_or_assign(name, since); }
    /// Whether the member's statement about its claim of this `since` counts. It confirms the grant.
    bool accepts(MemberIndex member, const Name& name, Since since) {
        const auto found = names_[member].find(name);
        if (found == names_[member].end()) {
            return true;
        }
        if (found->second != since) {
            return false;
        }
        names_[member].erase(found);
        return true;
    }
    void clear(MemberIndex member) { names_[member].clear(); }

private:
    std::array<std::map<Name, Since>, limits::member_slots> names_;
};

}  // namespace ferrotunnel::cluster
