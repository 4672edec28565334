// The limits of the control socket, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/token_bucket.hpp"
#include "base/units.hpp"

namespace ferrotunnel::limits {

/// Connections to one control socket, metrics address or dashboard. A person needs one, a browser up to six; one more
/// takes the place of the one that has waited longest.
inline constexpr std::size_t admin_peers_max = 32;
/// The same from one address (IPv6: /64), where strangers can connect; one more takes a place of its own address.
inline constexpr std::size_t admin_peers_of_address_max = 8;
/// New connections from one address there, from a home (IPv6: /56) and from a block (/48, IPv4: /24): at once, and in a
/// second. Further ones are closed at once.
inline constexpr Pace admin_connections_pace{32, 8};
inline constexpr Pace admin_connections_of_home_pace{64, 16};
inline constexpr Pace admin_connections_of_block_pace{160, 40};
/// Answers to requests of one connection there that show no right: a browser asks for 15 files before it logs in, a
/// collector of metrics once in some seconds. The next requests wait.
inline constexpr Pace admin_strangers_pace{16, 8};
/// The body of a request. A service with all its rules has a few thousand bytes.
inline constexpr std::size_t admin_request_max = 64_KiB;
/// How deep a request's JSON may be nested: code that reads it recurses.
inline constexpr std::size_t admin_nesting_max = 32;
/// How long a connection may take from its beginning to the first answer, and from one answer to the next, whatever it
/// waits for: its request, or that its answer is read.
inline constexpr std::chrono::seconds admin_patience{30};
/// How long a connection stays after its last answer, while its peer may still be sending: closed at once, it would be
/// reset, and the answer lost to some.
inline constexpr std::chrono::seconds admin_linger{2};
/// Rows of one list in an answer: an answer has a few megabytes at most. `left_off` says how many more there are.
inline constexpr std::size_t admin_rows_max = 10'000;
/// For how long a reload may be tried. Below, nobody could confirm in time; above, it is forgotten.
inline constexpr std::chrono::seconds admin_trial_min{1};
inline constexpr std::chrono::seconds admin_trial_max{24 * 3600};
/// Events that are kept for those who ask: what has led to the present state of a few hundred clients.
inline constexpr std::size_t admin_events_kept = 1'000;
/// Events that one listener is sent at once: what waits in its place, beside the socket's own buffer.
inline constexpr std::size_t admin_events_at_once = 100;
/// Those who follow the events, of admin_peers_max connections: half of them stay for questions.
inline constexpr std::size_t admin_listeners_max = admin_peers_max / 2;
/// How long a listener hears nothing at most. Half of admin_patience, after which it is taken for dead.
inline constexpr std::chrono::seconds admin_heartbeat{15};
/// How often the control thread looks for new events, while somebody listens: several that come at once are one write,
/// and those who cause them wake nobody.
inline constexpr std::chrono::milliseconds admin_events_pace{200};
/// Wrong secrets that one address, a home and a block may show to a dashboard within this time, and how many of each
/// are remembered for that.
inline constexpr unsigned admin_guesses = 10;
inline constexpr unsigned admin_guesses_of_home = 20;
inline constexpr unsigned admin_guesses_of_block = 40;
inline constexpr std::chrono::seconds admin_guesses_within{60};
inline constexpr std::size_t admin_guessers_max = 1'024;
/// Wrong secrets of blocks beyond those, for a region of them, and for all beyond as many regions.
inline constexpr Pace admin_shared_guesses{10, 1};
/// Addresses that have shown the right secret and are remembered for that.
inline constexpr std::size_t admin_welcome_max = 64;
/// Wrong secrets that are told of, in the log and as events.
inline constexpr Pace admin_guesses_told{10, 1};
/// Browsers that are logged in at a dashboard, and for how long: a day's work.
inline constexpr std::size_t admin_sessions_max = 64;
inline constexpr std::chrono::seconds admin_session_life{12 * 3600};
/// Ports that a dashboard tries from the usual one on: one for each program that a user is likely to run.
inline constexpr std::uint16_t admin_dashboard_ports = 20;
/// Connections that may wait to be accepted.
inline constexpr int admin_backlog = 64;
/// How long the socket accepts nobody after it could not, for want of descriptors or memory.
inline constexpr std::chrono::milliseconds admin_accept_pause{200};
/// How long a program that begins waits for another one that looks for a name in the same folder.
inline constexpr std::chrono::milliseconds admin_folder_patience{2'000};
/// Names that one program tries where all others are in use by running ones.
inline constexpr unsigned admin_names_max = 16;
/// Sockets of one folder that a command looks at, and the entries of that folder among which it looks for them.
inline constexpr std::size_t admin_sockets_found_max = 256;
inline constexpr std::size_t admin_folder_entries_max = 4'096;
/// The longest answer that a command takes.
inline constexpr std::size_t admin_answer_max = 64_MiB;

}  // namespace ferrotunnel::limits
