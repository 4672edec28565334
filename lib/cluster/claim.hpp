// Claims: who has a name, where, and since when.
#pragma once

#include <cstdint>
#include <string>

#include "base/clock.hpp"
#include "cluster/name.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::cluster {

/// The owner of a name. Only clients of one token can follow each other; `party` tells them apart: a client, or a
/// group, which is the same on all members.
struct Owner {
    wire::TokenId token{};
    wire::InstanceId party{};

    friend auto operator<=>(const Owner&, const Owner&) = default;
};

/// A moment that the home assigns, which identifies a claim: milliseconds of its wall clock, and greater than all that
/// it has seen.
using Since = std::uint64_t;

/// What a member reports about the clients that have a name there.
enum class Readiness : std::uint8_t { ready, standby, unhealthy, draining };

/// A member's statement about one name.
struct Claim {
    Name name;
    Owner owner;
    Since since = 0;           // the same for all members where the owner has the name
    Since over = 0;            // the greatest `since` of other owners that the home has ended for this one
    std::uint64_t terms = 0;   // digest of the service's description: equal for all holders of one owner
    bool provisional = false;  // the home could not be asked: it loses against every claim that a home has granted
    Readiness readiness = Readiness::ready;
};

/// Whether `one` wins over `other` of another owner: it has ended the other, or is older.
bool wins(const Claim& one, const Claim& other) noexcept;

/// A name that nobody has, and that only clients of this token can get until `until`.
struct Reservation {
    Name name;
    wire::TokenId token{};
    TimePoint until{};
};

}  // namespace ferrotunnel::cluster
