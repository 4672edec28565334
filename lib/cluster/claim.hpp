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

/// A moment that the home assigns: milliseconds of its wall clock, and greater than all that it has seen, up to
/// limits::since_max. The smaller one wins when parts of a cluster come together.
using Since = std::uint64_t;

/// A member's statement about one name.
struct Claim {
    Name name;
    Owner owner;
    Since since = 0;

    friend bool operator==(const Claim&, const Claim&) = default;
};

/// A name that nobody has, and that only clients of this token can get until `until`.
struct Reservation {
    Name name;
    wire::TokenId token{};
    TimePoint until{};
};

}  // namespace ferrotunnel::cluster
