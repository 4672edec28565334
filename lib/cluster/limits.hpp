// Limits of a cluster (docs/architecture/cluster.md).
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::cluster::limits {

inline constexpr std::size_t members_max = 16;             // every claim is sent to all others
inline constexpr std::size_t member_name_max = 63;         // a DNS label
inline constexpr std::size_t claims_max = 250'000;         // of one member, so many names at all others
inline constexpr std::size_t claims_bytes_max = 64 << 20;  // of one member's claims in the table of another
inline constexpr std::size_t message_max = 16'384;         // one CONTROL frame
inline constexpr std::size_t claims_per_message = 16;      // with names of 512 bytes they fit
inline constexpr std::size_t name_max = 512;               // a host of 253 bytes, a path of 256
inline constexpr std::size_t requests_max = 4'096;  // that wait for one home, and that a home works on for one member
inline constexpr std::size_t refusal_text_max = 256;

inline constexpr std::chrono::seconds decision_time{2};      // then the home counts as unreachable
inline constexpr std::chrono::seconds probe_time{3};         // for a client's answer
inline constexpr std::chrono::seconds unreachable_time{15};  // then a client of the same token may follow
inline constexpr std::chrono::seconds recovery_time{
    30};  // a home that has just started waits this long for all members
inline constexpr std::chrono::hours reservation_max{24};
inline constexpr std::chrono::seconds port_reserved_for{60};  // what a restarted member no longer has
inline constexpr std::chrono::hours host_reserved_for{24};
inline constexpr std::chrono::hours clock_difference_max{24};  // of `since` in the future: then the link is refused

}  // namespace ferrotunnel::cluster::limits
