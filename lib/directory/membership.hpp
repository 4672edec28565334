// How clients share a service: as members of a group, which has the service in the place of a client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "directory/refusal.hpp"
#include "login/token.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::limits {

/// How many clients may be members of one group: the choice for each visitor looks at all of them.
inline constexpr std::size_t group_members_max = 64;

}  // namespace ferrotunnel::limits

namespace ferrotunnel::directory {

/// A client's identity: its token and its process. The trunks of one client under one epoch are a tunnel.
using ClientId = std::pair<login::TokenId, wire::InstanceId>;

/// A client as a member of a group. `group` has what its members have together, as a client has what is its own alone.
struct Membership {
    ClientId group{};
    ClientId client{};
    wire::Balance balance = wire::Balance::round_robin;
    std::uint32_t weight = 1;  // of the visitors, beside the others' weights
    bool standby = false;      // gets visitors only while no other member is there

    friend bool operator==(const Membership&, const Membership&) = default;
};

/// The refusal of one more member: there are too many, or it says another balance than they do.
Refusal may_not_join();

/// The identity of the group that the clients of a token have by this name. Another kind of service is another group.
ClientId group_id(const login::TokenId& token, wire::ServiceKind kind, std::string_view name);

}  // namespace ferrotunnel::directory
