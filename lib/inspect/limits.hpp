// The limits of the inspector, each with its reason. What a connection holds beside the recorded exchanges is at most
// one head for each direction (limits::http_head_max), and only while it has come in part.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/units.hpp"

namespace ferrotunnel::limits {

/// Exchanges that are kept, whatever they hold: a list of them is still an answer of a few megabytes.
inline constexpr std::size_t inspect_entries_max = 10'000;
/// How many exchanges a second are recorded, once as many as are kept have been: nobody reads more, and what comes
/// beyond costs hardly anything. They are counted.
inline constexpr std::uint32_t inspect_rate = 1'000;
/// What all exchanges may hold together: bodies of an afternoon of work, and less than a browser's tab.
inline constexpr std::uint64_t inspect_memory_default = 32_MiB;
inline constexpr std::uint64_t inspect_memory_min = 1_MiB;
inline constexpr std::uint64_t inspect_memory_max = 4'096_MiB;
/// What is kept of one body.
inline constexpr std::uint64_t inspect_body_default = 64_KiB;
inline constexpr std::uint64_t inspect_body_max = 1_MiB;
/// What is kept of one message of a WebSocket, or one event of an event stream, and how many of the latest ones.
inline constexpr std::size_t inspect_message_max = 16_KiB;
inline constexpr std::size_t inspect_messages_max = 200;
/// What one exchange costs beside its texts.
inline constexpr std::size_t inspect_entry_cost = 2_KiB;
/// The body that comes out of a compressed one: enough for what compresses well, and too little to be a bomb.
inline constexpr std::size_t inspect_decoded_max = 4_MiB;
/// Requests that are sent again at the same time: what a person asks for, not what a load test does.
inline constexpr std::size_t inspect_replays_max = 16;
/// For how long a request is kept as it was beside what is masked of it, so that it can be sent again: as long as
/// somebody works at what it has met. It counts for the memory of all exchanges.
inline constexpr std::chrono::hours inspect_original_time{1};
/// How often those are forgotten whose time is over.
inline constexpr std::chrono::minutes inspect_original_pace{1};
/// For how long a backend may answer a request that is sent again.
inline constexpr std::chrono::seconds inspect_replay_deadline{60};
/// How many wrappings are taken off a value to search it: JSON in a string of JSON in a form has two. What has more of
/// them is masked as a whole.
inline constexpr std::size_t inspect_wrappings_max = 6;
/// Brackets around each other in which members are seen together ("name" beside "value").
inline constexpr std::size_t inspect_brackets_max = 256;
/// Names that a configuration adds to those of secrets, and the length of each.
inline constexpr std::size_t inspect_names_max = 64;
inline constexpr std::size_t inspect_name_bytes_max = 64;

}  // namespace ferrotunnel::limits
