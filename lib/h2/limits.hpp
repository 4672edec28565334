// Limits of HTTP/2 for visitors, with their reasons. docs/security.md has them as a table; tests/unit/h2 reaches each.
// What libnghttp2 1.52 rejects by itself is not counted again: frames that are too large, more than 8 CONTINUATION,
// more than 32 settings in a frame, a window that overflows, a body that does not match its length.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"
#include "base/token_bucket.hpp"
#include "base/units.hpp"

namespace ferrotunnel::h2 {

/// Streams that a visitor may have open at once, and its windows: how much of request bodies may wait here, for one
/// stream and for all of a connection.
inline constexpr std::uint32_t streams_usual = 100;
inline constexpr std::uint32_t streams_settable_max = 10'000;
inline constexpr std::uint32_t stream_window_usual = 64_KiB;
inline constexpr std::uint32_t connection_window_usual = 1_MiB;
inline constexpr std::uint32_t window_settable_min = 16_KiB;
inline constexpr std::uint32_t window_settable_max = 64_MiB;

/// Requests that one read may begin: other connections have their turn before the next ones, however small requests
/// are.
inline constexpr std::uint32_t requests_per_read_max = 16;

/// A head is counted as in RFC 9113, name + value + 32 for each field. Beyond the limit for HTTP/1.1 heads it is not
/// kept any more, and answered with 431; beyond this many times that limit its stream is reset, since a block of HPACK
/// may decode into a thousand times its size.
inline constexpr std::size_t head_excess_max = 2;

/// How often a visitor may send frames that cost us more than they cost the visitor. Beyond that its connection ends
/// with ENHANCE_YOUR_CALM.
inline constexpr RateLimit resets_received{200, 100};  // a page that is closed cancels its requests
inline constexpr RateLimit resets_sent{100, 20};       // each was caused by a fault of the visitor ("made you reset")
inline constexpr RateLimit pings{100, 10};
inline constexpr RateLimit settings_frames{50, 5};
inline constexpr RateLimit priorities{200, 100};
inline constexpr RateLimit empty_data{100, 20};
inline constexpr RateLimit continuations{64, 16};  // 16 heads of 64 KiB at once
/// WINDOW_UPDATE, and PING above, beyond those that answer data: each may answer this much data that was sent. A frame
/// that was small because there was no more to send, such as a gRPC message, may be answered by three (both windows and
/// a PING); one that was small since the visitor has opened its window by a few bytes counts only by these bytes.
inline constexpr RateLimit window_updates{200, 100};
inline constexpr std::uint64_t data_per_answer = 512;
inline constexpr std::uint64_t answers_of_small_data = 3;

/// The number of remembered streams that are over, for which no more frames may arrive.
inline constexpr std::size_t finished_kept = 16;

/// Nothing is read while this much of our own output waits for the visitor to read it (OutputQueue has the same limit):
/// a visitor that requests responses without reading them makes no progress.
inline constexpr std::size_t output_max = 64_KiB;

/// How long a visitor may take to confirm (by answering a PING) that it has read the announced end, before the last
/// accepted request is named.
inline constexpr auto goaway_wait = std::chrono::seconds(1);

}  // namespace ferrotunnel::h2
