// Limits of links between members of a cluster, each with its reason (docs/architecture/cluster.md, "Links").
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"
#include "base/units.hpp"

namespace ferrotunnel::limits {

/// Accepted connections whose proof is not complete: peers without the key get no memory. A member proves it within
/// milliseconds, so the oldest one makes room for the next.
inline constexpr std::uint32_t links_unproved_max = 32;
/// Of those of strangers, from one address, and from one block of addresses: one machine does not use up all places.
/// Addresses of members have places of their own, without this limit, since all members may be behind one address.
inline constexpr std::uint32_t links_unproved_of_address_max = 8;
inline constexpr std::uint32_t links_unproved_of_block_max = 16;
/// Time for TCP, TLS and the link's hello.
inline constexpr std::chrono::seconds link_proof_time{5};
/// Time for the register's hello, which follows at once.
inline constexpr std::chrono::seconds link_register_time{10};
inline constexpr std::chrono::seconds link_ping_interval{1};
/// A quiet link sends a ping after a second; if that has no answer for two more, the link gets no new visitors.
inline constexpr std::chrono::seconds link_unresponsive_after{3};
/// Then it is closed: its streams end, and the member counts as not linked.
inline constexpr std::chrono::seconds link_dead_after{10};
/// How often a link checks the two times above.
inline constexpr std::chrono::milliseconds link_check_interval{500};
/// How long a visitor waits until another member has a client that accepts it; then it goes to the next member. Longer
/// than a client may take there (open_answer_deadline), so that a member in order answers first.
inline constexpr std::chrono::seconds link_opened_time{30};
/// Waits before a lost link is dialled again (with jitter).
inline constexpr std::chrono::milliseconds link_retry_first{200};
inline constexpr std::chrono::seconds link_retry_max{5};
/// Between two attempts of which the second has another address: who changes addresses in etcd all the time does not
/// make members dial all the time.
inline constexpr std::chrono::seconds link_redial_min{1};
/// A member that has started waits so long before it calls those that dial it, unless they have linked with it by then.
inline constexpr std::chrono::milliseconds link_call_after{200};
/// After a call, or once the control link is there, a member is dialled within this time (random, since it calls many
/// at once), but not sooner after the last attempt.
inline constexpr std::chrono::milliseconds link_reached_spread{200};
/// Open data links with one member, of both directions: as many as its workers (workers_max), and those that were
/// replaced and still have visitors. A member that dials, or retires its links, without end has a bound.
inline constexpr std::size_t data_links_max = 1'024;
/// Streams with requests of the control API that other members have open, all together: each needs a pair of sockets.
/// The control thread serves fewer at a time (admin_peers_max).
inline constexpr std::size_t control_streams_max = 64;
/// Messages of the register that one turn of a link handles: other sockets of the worker have their turn between.
inline constexpr std::size_t register_messages_per_turn = 64;

/// Members that were found in etcd are compared with those that are known on each change, and this often, for those
/// that are to be forgotten or had no place.
inline constexpr std::chrono::seconds members_reconciled_each{5};
/// A member that is not in etcd any more, and has no link, is known for so long: a restart has another name in some
/// clusters, and each keeps a place. Longer than etcd's leader may starve and end all leases, and than a link is
/// suspected.
inline constexpr std::chrono::seconds member_kept_for{60};

/// Places of the table of names that one page of the control API looks at: the register waits meanwhile.
inline constexpr std::size_t names_looked_at = 4'096;

static_assert(data_links_max >= 4 * workers_max);
static_assert(link_opened_time > open_answer_deadline);
static_assert(link_dead_after >= 3 * link_unresponsive_after);

}  // namespace ferrotunnel::limits
