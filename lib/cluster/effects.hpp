// What a register asks of its owner: answers to claims, revocations, probes of own clients, links to be read.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "cluster/claim.hpp"
#include "cluster/members.hpp"
#include "cluster/name.hpp"
#include "wire/code.hpp"

namespace ferrotunnel::cluster {

/// Chosen by the caller of Register::claim, never reused.
using ClaimId = std::uint64_t;
/// Chosen by the caller for each connection to a member, never reused: events of an earlier link are ignored.
using LinkId = std::uint64_t;

/// next(link) has a message: the link is new, or next() had returned none.
struct LinkReady {
    MemberIndex member = 0;
    LinkId link = 0;
};
/// The answer to a claim: the client may have the name.
struct ClaimGranted {
    ClaimId claim = 0;
    Since since = 0;
    bool provisional = false;
};
/// `is_temporary`: the home cannot be reached or has just started; the client should try again.
struct ClaimRefused {
    ClaimId claim = 0;
    wire::Code code = wire::Code::none;
    bool is_temporary = false;
    std::string text;
};
/// The own clients of this owner must give the name up: the home has given it to another owner.
struct Revoked {
    Name name;
    Owner owner;
    Since since = 0;
    std::string text;
};
/// An own client is to be probed; the answer is passed to Register::probed.
struct ProbeClient {
    std::uint64_t probe = 0;
    Name name;
    Owner owner;
};
/// Where visitors of the name are sent has changed, unless own clients have it: ports may have to be opened or closed.
struct RoutesChanged {
    Name name;
};
/// All claims of the member have been received on its present link, so visitors are routed to it; or its link is lost,
/// and none are. The routes of all its names have changed.
struct MemberRouted {
    MemberIndex member = 0;
    bool is_routed = false;
};
/// A shared value was set, removed, or has ended.
struct ValueChanged {
    std::string key;
};
/// The peer violates the protocol: the link counts as lost, and is to be closed, with this reason for the log.
struct LinkRefused {
    MemberIndex member = 0;
    LinkId link = 0;
    std::string why;
};
/// With a store: may this owner have the name at this member? Answered once, by Register::store_answered.
struct StoreClaim {
    std::uint64_t request = 0;
    Name name;
    Owner owner;
    std::uint64_t terms = 0;
    bool is_held = false;  // the owner has it here already, and goes on having it until this is refused for good
    bool follows = false;  // others have been told to give the name up, which takes them a moment
};
/// With a store: the owner does not have the name here any more, or never had it; its root stays reserved for the
/// token for so long, unless another member has a name of that root.
struct StoreRelease {
    Name name;
    Owner owner;
    std::uint64_t terms = 0;
    Duration reserved_for{};
};
using Effect = std::variant<LinkReady, ClaimGranted, ClaimRefused, Revoked, ProbeClient, RoutesChanged, MemberRouted,
                            ValueChanged, LinkRefused, StoreClaim, StoreRelease>;
using Effects = std::vector<Effect>;

}  // namespace ferrotunnel::cluster
