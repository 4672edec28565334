// Bounds of traces.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::trace {

/// Spans that wait for the collector, about 2 KiB each; those of a request that find no room are dropped, and counted.
inline constexpr std::size_t spans_waiting_max = 2'048;
/// Spans of one message to the collector. So many waiting are sent at once, fewer when gather_time is over.
inline constexpr std::size_t batch_spans_max = 512;
inline constexpr std::chrono::milliseconds gather_time{5'000};
/// How much of one text (a path, a host) a span has.
inline constexpr std::size_t text_bytes_max = 1'024;
/// Members that a tracestate may have, as W3C says, in all of its fields.
inline constexpr std::size_t tracestate_members_max = 32;

/// How long the collector may take for one message, from the connecting to the head of its answer.
inline constexpr std::chrono::milliseconds message_time{10'000};
/// How often a message is sent before its spans have failed, and how long is waited between: the first time, doubled
/// each time, unless the collector says how long. It is never longer than the longest.
inline constexpr unsigned attempts_max = 5;
inline constexpr std::chrono::milliseconds retry_first{1'000};
inline constexpr std::chrono::milliseconds retry_longest{30'000};
/// The longest head of an answer of the collector.
inline constexpr std::size_t answer_head_max = 16 * 1'024;
/// How long the end of a server may take to send what waits.
inline constexpr std::chrono::milliseconds end_time{5'000};
/// How often the log says that spans are lost.
inline constexpr std::chrono::milliseconds tell_time{60'000};

/// Header fields of the operator's own in messages to the collector.
inline constexpr std::size_t headers_max = 32;

}  // namespace ferrotunnel::trace
