// How clients share a service: as members of a group, which has the service in the place of a client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "directory/refusal.hpp"
#include "login/token.hpp"
#include "metrics/member_book.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::limits {

/// How many clients may be members of one group: the choice for each visitor looks at all of them.
inline constexpr std::size_t group_members_max = 64;
/// The same with successors that are there beside the clients whose place they want, and count for no other member.
inline constexpr std::size_t group_clients_max = 2 * group_members_max;

}  // namespace ferrotunnel::limits

namespace ferrotunnel::directory {

/// A client's identity: its token and its process. The trunks of one client under one epoch are a tunnel.
using ClientId = std::pair<login::TokenId, wire::InstanceId>;

class StickyKey;

/// A client as a member of a group. `group` has what its members have together, as a client has what is its own alone.
struct Membership {
    ClientId group{};
    ClientId client{};
    wire::Balance balance = wire::Balance::round_robin;
    std::uint32_t weight = 1;  // of the visitors, beside the others' weights
    bool standby = false;      // gets visitors only while no other member is there
    wire::Sticky sticky = wire::Sticky::off;
    wire::Eject eject{};
    std::string name{};                         // what the client calls itself
    std::shared_ptr<const StickyKey> key{};     // of cookies; null: there are none
    std::shared_ptr<metrics::MemberRow> row{};  // counts its visitors; may be null
    std::vector<ClientId> predecessors{};       // whose place it wants

    friend bool operator==(const Membership&, const Membership&) = default;

    /// Whether two members say the same of what all of a group have to agree on.
    bool agrees_with(const Membership& other) const noexcept {
        return balance == other.balance && sticky == other.sticky && eject == other.eject;
    }
};

/// The refusal of one more member than there may be.
Refusal too_many_members();
/// The refusal of a member that says something else than the others of what all have to agree on: of what, and what
/// they say.
Refusal says_another(const Membership& others, const Membership& own);

/// The identity of the group that the clients of a token have by this name. Another kind of service is another group.
ClientId group_id(const login::TokenId& token, wire::ServiceKind kind, std::string_view name);

}  // namespace ferrotunnel::directory
