// Limits of a cluster (docs/architecture/cluster.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"

namespace ferrotunnel::cluster::limits {

inline constexpr std::size_t members_max = 16;  // of a list: every claim is sent to all others
/// Members that one process knows at a time. With a store they are found there, and nobody keeps a list of them. Each
/// has a link to all others and sends them each of its claims, so the work of a member grows with their number, and
/// that of the cluster with its square; and sets of members are the bits of one number.
inline constexpr std::size_t member_slots = 64;
inline constexpr std::size_t member_name_max = 63;         // a DNS label
inline constexpr std::size_t claims_max = 250'000;         // of one member, so many names at all others
inline constexpr std::size_t claims_bytes_max = 64 << 20;  // of one member's claims in the table of another
/// That one member has reported, of claims_bytes_max: when it has restarted, all that it had is reserved.
inline constexpr std::size_t reservations_max = claims_max;
/// Changes that wait for a linked member that does not read. A listing of all claims is no longer than that, so the
/// link is closed, and the next one starts with the listing.
inline constexpr std::size_t changes_max = claims_max;
inline constexpr std::size_t message_max = 16'384;     // one CONTROL frame
inline constexpr std::size_t claims_per_message = 16;  // with names of name_max they fit (message_encode.cpp)
inline constexpr std::size_t requests_max = 4'096;  // that wait for one home, and that a home works on for one member
/// Names that homes have granted, which wait for the store: as many as may wait for one home, however many homes are
/// asked.
inline constexpr std::size_t store_claims_max = requests_max;
inline constexpr std::size_t requests_of_token_max = 256;  // of them, which a home works on: not all are one token's
inline constexpr std::size_t probes_max = 4'096;           // of clients of one member, by one home
inline constexpr std::size_t confirmations_max = 256;      // provisional claims that one home is asked about at a time
inline constexpr std::size_t refusal_text_max = 256;
inline constexpr std::size_t step_max = 4'096;  // places of the table that one call looks at, below a millisecond

/// A host's path, percent-encoded. The edge accepts 1 KiB, which percent-encoding can triple: names of that size would
/// take six times the memory in the tables of all members.
inline constexpr std::size_t path_max = 256;
/// Kind, host or pattern, separator, path. Ports and private services have shorter names.
inline constexpr std::size_t name_max = 1 + ferrotunnel::limits::http_host_text_max + 1 + path_max;
/// A moment in 285,000 years, in milliseconds: sums of two of them do not overflow.
inline constexpr std::uint64_t since_max = (std::uint64_t{1} << 53) - 1;

// Shared values.
inline constexpr std::size_t value_key_max = 300;        // a host and a kind
inline constexpr std::size_t value_text_max = 12 << 10;  // fits a message: a certificate with chain and key
inline constexpr std::size_t values_max = 16'384;        // that one member has set, with removed ones
inline constexpr std::size_t values_bytes_max = 32 << 20;
/// At other members, which may not have heard yet that some of them were replaced by a third one.
inline constexpr std::size_t values_of_other_max = values_max + values_max / 4;
inline constexpr std::size_t values_of_other_bytes_max = values_bytes_max + values_bytes_max / 4;
/// About what an entry and its places in indices take beside its texts.
inline constexpr std::size_t value_overhead = 512;
/// A removed value is kept as such, so that a member that comes back does not revive it.
inline constexpr std::chrono::hours removed_value_kept_for{24};
/// Values that end this soon are sent by their setter only: with n members, passing on costs n times as many messages.
inline constexpr std::chrono::minutes brief_value_time{1};
inline constexpr std::uint64_t value_milliseconds_max =
    std::chrono::milliseconds(std::chrono::hours(24 * 3'660)).count();  // ten years

inline constexpr std::chrono::seconds decision_time{20};     // of a home; longer than probes and a slow link take
inline constexpr std::chrono::seconds ask_again_time{2};     // until a home that could not decide is asked again
inline constexpr std::chrono::seconds probe_time{3};         // for a client's answer
inline constexpr std::chrono::seconds unreachable_time{15};  // then a client of the same token may follow
inline constexpr std::chrono::seconds recovery_time{
    30};  // a home that has just started waits this long for all members
inline constexpr std::chrono::hours reservation_max{24};
/// The same in the unit of messages.
inline constexpr std::uint64_t reservation_milliseconds_max = std::chrono::milliseconds(reservation_max).count();
inline constexpr std::chrono::seconds port_reserved_for{60};  // what a restarted member no longer has
inline constexpr std::chrono::hours host_reserved_for{24};
inline constexpr std::chrono::hours clock_difference_max{24};  // of `since` in the future: then the link is refused
/// A shared value whose time is further ahead than clock_difference_max less this is sent only later. So members whose
/// clocks differ by less than an hour accept every value that one of them has accepted.
inline constexpr std::chrono::hours clock_margin{1};

}  // namespace ferrotunnel::cluster::limits
