// Limits of a cluster's store in etcd (docs/architecture/etcd.md).
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::etcd_store::limits {

/// With the longest names, keys stay below etcd::limits::key_max.
inline constexpr std::size_t prefix_max = 64;

/// What a member has ends this long after its last renewal. A restart of etcd's leader takes 2 s, and a slow one 5 s.
inline constexpr std::chrono::seconds live_time{10};
/// Etcd may count from a later moment than this member, never from an earlier one; this is for the call's way.
inline constexpr std::chrono::seconds lease_margin{2};
/// Names whose member has died stay reserved for their tokens: as in cluster/limits.hpp.
inline constexpr std::chrono::hours host_reserved_for{24};
inline constexpr std::chrono::seconds port_reserved_for{60};
/// After a call about a lease that has failed: half of this, and at random up to as much more.
inline constexpr std::chrono::milliseconds again_time{500};

/// Names whose operations are on their way at once; etcd::Client sends 16 of them at a time.
inline constexpr std::size_t running_max = 32;
/// Another client of the token has been told to give the name up: so often is etcd asked again, after this time each.
inline constexpr unsigned follow_attempts_max = 15;
inline constexpr std::chrono::milliseconds follow_time{200};
/// A release without an answer is repeated until there is one, since the member's lease, and with it what is to be
/// released, outlives an etcd that is away. The pauses grow by again_time up to so many times as long.
inline constexpr unsigned release_pauses_max = 20;
/// Leases of releases are shared by those of a time that begin within this part of it.
inline constexpr int release_share = 16;
/// Different times for which names are reserved, whose leases are shared; of more, each release has a lease of its own.
inline constexpr std::size_t release_leases_max = 64;

}  // namespace ferrotunnel::etcd_store::limits
