// Limits of what is accepted from etcd (docs/architecture/etcd.md).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::etcd::limits {

/// The longest answer to a call, and the longest message of a watch: a page of 1,000 keys with 2 KiB each, or a
/// fragment of 1.5 MiB, in base64 and JSON.
inline constexpr std::size_t answer_max = 8 << 20;
/// Objects and lists within one another in an answer; a read within a transaction has 5.
inline constexpr int depth_max = 12;
/// Values of all kinds in one answer: a fragment full of deletions has 10 for each key, and answers that are all values
/// take 16 times their size in memory.
inline constexpr std::size_t json_values_max = 300'000;
inline constexpr std::size_t keys_max = 4'096;     // of one read; pages ask for fewer
inline constexpr std::size_t events_max = 65'536;  // of one message of a watch
/// Memory of a batch of changes, which arrives in fragments: 250,000 names of a member that end with its lease.
inline constexpr std::size_t batch_bytes_max = 128 << 20;
inline constexpr std::size_t key_max = 1'024;        // names of 650 bytes behind a prefix
inline constexpr std::size_t value_max = 16 << 10;   // the longest value that is kept: 12 KiB, with its seal
inline constexpr std::size_t token_max = 4'096;      // a JWT
inline constexpr std::size_t text_max = 256;         // of an error, for logs
inline constexpr std::size_t endpoints_max = 16;     // members of an etcd; seven are already rare
inline constexpr std::size_t operations_max = 128;   // of one transaction: etcd's own bound
inline constexpr std::size_t user_text_max = 1'024;  // a user's name, and its password

/// How long a call may take at one endpoint. A leader that dies holds calls for 7 s; another member answers within 2 s.
inline constexpr std::chrono::milliseconds call_time{500};
/// Reads of many keys, and logins: bcrypt takes 70 ms of a quiet processor.
inline constexpr std::chrono::seconds long_call_time{5};
inline constexpr std::chrono::seconds login_time{2};
/// For the first message of a watch.
inline constexpr std::chrono::seconds watch_time{2};
/// A watch from which nothing has arrived for so long is replaced by another one, since its connection may be dead;
/// etcd itself reports progress only every ten minutes.
inline constexpr std::chrono::seconds watch_silence_max{60};
/// After a watch that has ended, or a read that has failed: half of this, and at random up to as much more.
inline constexpr std::chrono::milliseconds again_time{500};
/// Keys of one page of a read: with the longest values, in base64, an answer stays below answer_max.
inline constexpr std::int64_t page_keys = 256;
/// Endpoints at which one call is tried.
inline constexpr unsigned attempts_max = 5;
/// An endpoint that has failed is avoided for this time, and up to as long again.
inline constexpr std::chrono::seconds avoided_for{5};
/// After a rejected password: doubled each time, up to the longest.
inline constexpr std::chrono::seconds login_pause_min{5};
inline constexpr std::chrono::seconds login_pause_max{60};
/// Calls on their way, and calls that wait for that; more fail at once.
inline constexpr std::size_t calls_running_max = 16;
inline constexpr std::size_t calls_waiting_max = 4'096;

static_assert(page_keys * (value_max + key_max) * 4 / 3 < answer_max);

}  // namespace ferrotunnel::etcd::limits
