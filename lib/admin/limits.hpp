// The limits of the control socket, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/token_bucket.hpp"
#include "base/units.hpp"

namespace ferrotunnel::limits {

/// Connections to one control socket, metrics address or dashboard. A person needs one, a browser up to six; a further
/// one displaces the one that has waited longest.
inline constexpr std::size_t admin_peers_max = 32;
/// Connections from one address (IPv6: /64), if strangers can connect; a further one displaces one of its own address.
inline constexpr std::size_t admin_peers_of_address_max = 8;
/// New connections from one address there, from a home (IPv6: /56) and from a block (/48, IPv4: /24): at once, and per
/// second. Further ones are closed at once.
inline constexpr RateLimit admin_connections_rate{32, 8};
inline constexpr RateLimit admin_connections_of_home_rate{64, 16};
inline constexpr RateLimit admin_connections_of_block_rate{160, 40};
/// Answers on one connection there to requests without a proven right: a browser requests 15 files before it logs in, a
/// metrics collector one every few seconds. Further requests wait.
inline constexpr RateLimit admin_unauthorized_rate{16, 8};
/// The body of a request. A service with all its rules has a few thousand bytes.
inline constexpr std::size_t admin_request_max = 64_KiB;
/// How deep a request's JSON may be nested: code that reads it recurses.
inline constexpr std::size_t admin_nesting_max = 32;
/// The time from a connection's start to its first answer, and from one answer to the next, whether it waits for a
/// request or for its answer to be read.
inline constexpr std::chrono::seconds admin_timeout{30};
/// How long a connection stays open after its last answer, while its peer may still be sending: closing at once would
/// reset it, and some peers would lose the answer.
inline constexpr std::chrono::seconds admin_linger{2};
/// At the end of the program: the time in which those who were accepted are answered.
inline constexpr std::chrono::seconds admin_last_answers{1};
/// Rows of one list in an answer: an answer has a few megabytes at most. `left_off` is the number of the others.
inline constexpr std::size_t admin_rows_max = 10'000;
/// The time for which a reload may be tried. A shorter one could not be confirmed in time, a longer one would be
/// forgotten.
inline constexpr std::chrono::seconds admin_trial_min{1};
inline constexpr std::chrono::seconds admin_trial_max{24 * 3600};
/// Recent events for callers: enough to explain the present state of a few hundred clients.
inline constexpr std::size_t admin_events_kept = 1'000;
/// Events sent to one listener at once, in addition to the socket's own buffer.
inline constexpr std::size_t admin_events_at_once = 100;
/// Followers of events, out of admin_peers_max connections: half of them stay free for requests.
inline constexpr std::size_t admin_listeners_max = admin_peers_max / 2;
/// The longest silence on an event stream. Half of admin_timeout, after which the listener counts as dead.
inline constexpr std::chrono::seconds admin_heartbeat{15};
/// How often the control thread checks for new events, while there are listeners, and for answers that other threads
/// give: several events become one write, and their sources wake no thread.
inline constexpr std::chrono::milliseconds admin_events_interval{200};
/// Wrong secrets that one address, a home and a block may send to a dashboard within this time, and how many of each
/// are stored.
inline constexpr unsigned admin_guesses = 10;
inline constexpr unsigned admin_guesses_of_home = 20;
inline constexpr unsigned admin_guesses_of_block = 40;
inline constexpr std::chrono::seconds admin_guesses_within{60};
inline constexpr std::size_t admin_guessers_max = 1'024;
/// Wrong secrets of further blocks, per region, and for all blocks of further regions together.
inline constexpr RateLimit admin_shared_guesses{10, 1};
/// Addresses that have sent the right secret and are remembered.
inline constexpr std::size_t admin_trusted_addresses_max = 64;
/// Wrong secrets that are reported, in the log and as events.
inline constexpr RateLimit admin_guess_reports{10, 1};
/// Browsers logged in at a dashboard, and for how long: a day's work.
inline constexpr std::size_t admin_sessions_max = 64;
inline constexpr std::chrono::seconds admin_session_life{12 * 3600};
/// Ports that a dashboard tries, starting with the usual one: one for each program that a user is likely to run.
inline constexpr std::uint16_t admin_dashboard_ports = 20;
/// Connections that may wait to be accepted.
inline constexpr int admin_backlog = 64;
/// How long the socket accepts nothing after a failure for lack of descriptors or memory.
inline constexpr std::chrono::milliseconds admin_accept_pause{200};
/// How long a starting program waits for another one that chooses a name in the same folder.
inline constexpr std::chrono::milliseconds admin_folder_lock_timeout{2'000};
/// Names that one program tries if running programs use all others.
inline constexpr unsigned admin_names_max = 16;
/// Sockets of one folder that a command checks, and the entries of that folder that it reads to find them.
inline constexpr std::size_t admin_sockets_found_max = 256;
inline constexpr std::size_t admin_folder_entries_max = 4'096;
/// The time for an answer of another member of the cluster: less than the 30 s for which commands wait for theirs.
inline constexpr std::chrono::seconds member_answer_time{25};
/// The longest answer of another member: it is in memory as a whole, for each of the callers at a time.
inline constexpr std::size_t member_answer_max = 16_MiB;
/// The longest answer that a command accepts.
inline constexpr std::size_t admin_answer_max = 64_MiB;

}  // namespace ferrotunnel::limits
