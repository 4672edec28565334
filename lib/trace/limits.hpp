// Limits of traces.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::trace {

/// Spans that wait for the collector, about 2 KiB each; spans of a request without room are dropped, and counted.
inline constexpr std::size_t spans_waiting_max = 2'048;
/// Spans of one message to the collector. A full batch is sent at once, a smaller one when gather_time is over.
inline constexpr std::size_t batch_spans_max = 512;
inline constexpr std::chrono::milliseconds gather_time{5'000};
/// Maximum length of one text (a path, a host) in a span.
inline constexpr std::size_t text_bytes_max = 1'024;
/// Maximum number of members in all fields of a tracestate, as W3C defines.
inline constexpr std::size_t tracestate_members_max = 32;

/// Time limit for one message, from connecting to the head of the response.
inline constexpr std::chrono::milliseconds message_time{10'000};
/// How often a message is sent before its spans have failed, and the pauses between: the first one is doubled each
/// time, unless the collector sets another, and never exceeds the longest.
inline constexpr unsigned attempts_max = 5;
inline constexpr std::chrono::milliseconds retry_first{1'000};
inline constexpr std::chrono::milliseconds retry_longest{30'000};
/// The longest head of a collector's response.
inline constexpr std::size_t answer_head_max = 16 * 1'024;
/// How long the end of a server may take to send the remaining spans.
inline constexpr std::chrono::milliseconds end_time{5'000};
/// How often lost spans are logged.
inline constexpr std::chrono::milliseconds report_interval{60'000};

/// The operator's own header fields in messages to the collector.
inline constexpr std::size_t headers_max = 32;

}  // namespace ferrotunnel::trace
