// Membership of clients in a group, which has a service instead of a single client.
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
#include "metrics/member_counters.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::limits {

/// Limit of clients in one group: the choice for each visitor visits all of them.
inline constexpr std::size_t group_members_max = 64;
/// Limit including successors, which exist beside the clients that they want to replace and count as the same member.
inline constexpr std::size_t group_clients_max = 2 * group_members_max;

}  // namespace ferrotunnel::limits

namespace ferrotunnel::directory {

/// A client's identity: its token and its process. The trunks of one client under one epoch are a tunnel.
using ClientId = std::pair<login::TokenId, wire::InstanceId>;

class StickyKey;

/// A client as a member of a group. `group` owns what its members share, as a client owns what belongs only to it.
struct Membership {
    ClientId group{};
    ClientId client{};
    wire::Balance balance = wire::Balance::round_robin;
    std::uint32_t weight = 1;  // share of the visitors, relative to the others' weights
    bool standby = false;      // gets visitors only while no other member is available
    wire::Sticky sticky = wire::Sticky::off;
    wire::Eject eject{};
    std::string name{};                         // the client's own name
    std::shared_ptr<const StickyKey> key{};     // of cookies; null if there are none
    std::shared_ptr<metrics::MemberRow> row{};  // counts its visitors; may be null
    std::vector<ClientId> predecessors{};       // clients that it wants to replace

    friend bool operator==(const Membership&, const Membership&) = default;

    /// Whether two members agree on the terms that a group shares.
    bool agrees_with(const Membership& other) const noexcept {
        return balance == other.balance && sticky == other.sticky && eject == other.eject;
    }
};

/// The refusal of a member beyond the limit.
Refusal too_many_members();
/// The refusal of a member whose terms differ from those of the others: which term, and both values.
Refusal membership_mismatch(const Membership& others, const Membership& own);

/// The identity of a token's group with this name. Another kind of service is another group.
ClientId group_id(const login::TokenId& token, wire::ServiceKind kind, std::string_view name);

}  // namespace ferrotunnel::directory
