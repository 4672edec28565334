// Limits of connections to HTTP/2 backends, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"

namespace ferrotunnel::limits {

/// How much of a body a backend may send before the tunnel has taken any of it, and so the most that is kept of a
/// response. Windows are returned at half of it, which is more than a read of the socket brings.
inline constexpr std::uint32_t h2_backend_window = 256 * 1024;
/// The connection's window: bytes left by a reset stream count only here.
inline constexpr std::uint32_t h2_backend_connection_window = 2 * h2_backend_window;
/// How much may wait for the backend's socket before no more of a body is put into frames. One more frame may be added.
inline constexpr std::size_t h2_backend_output_max = 64 * 1024;
/// How much may wait there before no more frames are read that the library would answer (PING, SETTINGS). A body does
/// not reach it by itself: a backend may need its response read before it reads more of the request.
inline constexpr std::size_t h2_backend_output_stop = 2 * h2_backend_output_max;
/// The fields of one head or trailer section, each counted with 32 bytes more than its texts, as in HPACK. It equals
/// the edge's limit for a backend's head.
inline constexpr std::size_t h2_backend_head_max = http_head_max;
inline constexpr std::size_t h2_backend_fields_max = http_fields_room;
/// Heads of a response that wait for the tunnel, interim ones too: beyond that nothing is read from the backend.
inline constexpr std::size_t h2_backend_heads_max = 2 * h2_backend_head_max;
/// The head of a request as the edge writes it: the edge adds to what visitors may send.
inline constexpr std::size_t h2_backend_request_head_max = http_head_settable_max + 64 * 1024;
/// How long a backend may take to read its last frames (RST_STREAM, GOAWAY) when its visitor has left, before the
/// connection is closed.
inline constexpr auto h2_backend_goaway_time = std::chrono::seconds(1);

}  // namespace ferrotunnel::limits
