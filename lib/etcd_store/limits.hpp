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
/// So often is etcd asked for its revision: one that was restored is noticed by members that claim nothing, too.
inline constexpr std::chrono::seconds revision_time{5};
/// Names whose member has died stay reserved for their tokens: as in cluster/limits.hpp.
inline constexpr std::chrono::hours host_reserved_for{24};
inline constexpr std::chrono::seconds port_reserved_for{60};
/// After a call about a lease that has failed: half of this, and at random up to this much more.
inline constexpr std::chrono::milliseconds again_time{500};
/// A lease that is lost again within this time is not asked for at once, but after a pause as above.
inline constexpr std::chrono::seconds lost_again_time{1};

/// Claims in one transaction, which has four conditions for each: as many as etcd accepts
/// (etcd::limits::operations_max).
inline constexpr std::size_t claims_per_call = 32;
/// Transactions of claims on their way at once. Meanwhile further claims wait and share the next one. Alone, each claim
/// costs etcd 1 ms of a processor.
inline constexpr std::size_t claim_calls_max = 4;
/// Releases on their way at once; etcd::Client sends 16 calls at a time.
inline constexpr std::size_t releases_running_max = 32;
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

/// The value of a member: an address and a number of its process.
inline constexpr std::size_t member_value_max = 1'024;
/// Keys of members that are read: four times cluster::limits::member_slots, for those that have just ended.
inline constexpr std::size_t member_keys_max = 256;
/// All members are read again after this time, in case a change was lost: it is one call.
inline constexpr std::chrono::minutes members_read_again{5};
/// Likewise all values, which can be 64 MiB and more: an etcd that was replaced by one with a greater revision shows it
/// by nothing else, if it keeps its id.
inline constexpr std::chrono::hours values_read_again{1};
/// Of a key that is not valid, in the log.
inline constexpr std::size_t shown_key_max = 200;
// Shared values (value_keeper.hpp).
/// Values that end sooner are told by links only: counts of quotas each second, orders that are on their way.
inline constexpr std::chrono::minutes kept_value_time{5};
/// A change of another member, which puts it itself: this much later, and at random up to twice that, others do.
inline constexpr std::chrono::seconds put_for_others_time{2};
/// After a put that no endpoint has answered: likewise until the next put of any key. After one that etcd has refused:
/// likewise for this key, and twice as long each time, up to the longest.
inline constexpr std::chrono::seconds put_again_time{1};
inline constexpr std::chrono::minutes put_again_max{5};
/// A value of another key of a cluster, or of tomorrow, is replaced after this time, and up to twice that: two clusters
/// with one prefix, or clocks that differ, cost one put a minute for each key.
inline constexpr std::chrono::minutes put_foreign_time{1};
/// A value that others have changed meanwhile is put again after this time, and up to twice that: so it bounds the
/// calls that two members that contradict each other, or an etcd that lies, can cause.
inline constexpr std::chrono::milliseconds put_behind_time{100};
/// Puts and deletions on their way at once.
inline constexpr std::size_t value_calls_max = 8;
/// Keys below the values' prefix that are read: those of a full cluster, with removed ones. More are ignored.
inline constexpr std::size_t value_keys_max = 65'536;
/// A value that was removed or has ended stays this long, as in members, so that a member that comes back does not
/// revive it. Members then delete it at different moments within the second time.
inline constexpr std::chrono::hours removed_value_kept_for{24};
inline constexpr std::chrono::minutes deletions_spread_over{10};
/// A process does not delete before it has run for so long: its clock may be set only after its start.
inline constexpr std::chrono::hours deletions_after{1};
/// Callers that wait until etcd has a change, and for how long: then they have answered without it.
inline constexpr std::size_t value_waiters_max = 64;
inline constexpr std::chrono::seconds value_waiter_time{10};

}  // namespace ferrotunnel::etcd_store::limits
