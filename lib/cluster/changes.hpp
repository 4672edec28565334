// Names of own claims that have changed, for each link that has not been told yet.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/clock.hpp"
#include "cluster/limits.hpp"
#include "cluster/links.hpp"
#include "cluster/name.hpp"

namespace ferrotunnel::cluster {

/// Of a name that changes several times before its link has room, one change is kept: what is sent is the present
/// state.
class Changes {
public:
    struct Change {
        Since known = 0;           // of the claim that the receiver has from here; 0: none
        TimePoint reserved_until;  // if the name has ended
    };
    using Names = std::map<Name, Change>;

    Changes(const Members& members, const Links& links) noexcept : members_(members), links_(links) {}

    /// The own claim of the name had `before`, or 0, and is another one now, or has ended.
    void changed(const Name& name, Since before, TimePoint reserved_until = TimePoint::min()) {
        for (std::size_t i = 0; i < members_.size(); ++i) {
            const auto member = static_cast<MemberIndex>(i);
            if (member != members_.own() && links_.is_linked(member)) {
                names_[member].try_emplace(name, Change{before, {}}).first->second.reserved_until = reserved_until;
            }
        }
    }
    /// The home has granted the name, so it has such a claim from here, whatever it was told before. If there is none,
    /// the name stays reserved until then at least.
    void granted(MemberIndex home, const Name& name, Since since, TimePoint reserved_until = TimePoint::min()) {
        if (home != members_.own() && links_.is_linked(home)) {
            Change& change = names_[home].try_emplace(name, Change{0, TimePoint::min()}).first->second;
            change.known = since;
            change.reserved_until = std::max(change.reserved_until, reserved_until);
        }
    }

    Names& of(MemberIndex member) noexcept { return names_[member]; }
    const Names& of(MemberIndex member) const noexcept { return names_[member]; }

private:
    const Members& members_;
    const Links& links_;
    std::array<Names, limits::member_slots> names_;
};

}  // namespace ferrotunnel::cluster
