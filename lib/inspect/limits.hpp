// Limits of the inspector, each with its reason. In addition to the recorded exchanges a connection holds at most one
// head for each direction (limits::http_head_max), and only while it is incomplete.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/units.hpp"

namespace ferrotunnel::limits {

/// Kept exchanges, whatever they contain: a list of them is still a response of a few megabytes.
inline constexpr std::size_t inspect_entries_max = 10'000;
/// How many exchanges per second are recorded, once that many are kept: nobody reads more, and further ones cost hardly
/// anything. They are counted.
inline constexpr std::uint32_t inspect_rate = 1'000;
/// The memory of all exchanges together: bodies of an afternoon of work, and less than a browser tab.
inline constexpr std::uint64_t inspect_memory_default = 32_MiB;
inline constexpr std::uint64_t inspect_memory_min = 1_MiB;
inline constexpr std::uint64_t inspect_memory_max = 4'096_MiB;
/// How much of one body is kept.
inline constexpr std::uint64_t inspect_body_default = 64_KiB;
inline constexpr std::uint64_t inspect_body_max = 1_MiB;
/// How much is kept of one message of a WebSocket, or one event of an event stream, and how many of the latest ones.
inline constexpr std::size_t inspect_message_max = 16_KiB;
inline constexpr std::size_t inspect_messages_max = 200;
/// The cost of one exchange in addition to its texts.
inline constexpr std::size_t inspect_entry_cost = 2_KiB;
/// The size of a decompressed body: enough for well compressible ones, and too small for a bomb.
inline constexpr std::size_t inspect_decoded_max = 4_MiB;
/// Requests that are sent again at the same time: enough for a person, not for a load test.
inline constexpr std::size_t inspect_replays_max = 16;
/// How long a request is kept unmasked beside its masked form, so that it can be sent again: as long as somebody works
/// on its result. It counts towards the memory of all exchanges.
inline constexpr std::chrono::hours inspect_original_time{1};
/// How often expired ones are deleted.
inline constexpr std::chrono::minutes inspect_original_pace{1};
/// How long a backend may take to respond to a request that is sent again.
inline constexpr std::chrono::seconds inspect_replay_deadline{60};
/// How many wrappings are removed from a value to search it: JSON in a JSON string in a form has two. A value with more
/// is masked as a whole.
inline constexpr std::size_t inspect_wrappings_max = 6;
/// Depth of nested brackets in which members are seen together ("name" beside "value").
inline constexpr std::size_t inspect_brackets_max = 256;
/// Names that a configuration adds to those of secrets, and the length of each.
inline constexpr std::size_t inspect_names_max = 64;
inline constexpr std::size_t inspect_name_bytes_max = 64;

}  // namespace ferrotunnel::limits
