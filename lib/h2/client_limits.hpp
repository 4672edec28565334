// The bounds of connections to backends that speak HTTP/2, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/limits.hpp"

namespace ferrotunnel::limits {

/// What a backend may send of a body before the tunnel has taken any of it, and so the most that is kept of an answer.
/// Windows are returned at half of it, which is more than a read of the socket brings.
inline constexpr std::uint32_t h2_backend_window = 256 * 1024;
/// That of the connection: a stream that was reset leaves bytes behind that count here alone.
inline constexpr std::uint32_t h2_backend_connection_window = 2 * h2_backend_window;
/// What may wait for the backend's socket before no more of a body is put into frames. A frame may come on top.
inline constexpr std::size_t h2_backend_output_max = 64 * 1024;
/// What may wait there before nothing is read any more that the library would answer (PING, SETTINGS). A body alone
/// never gets there: a backend may want its answer taken before it takes more of the request.
inline constexpr std::size_t h2_backend_output_stop = 2 * h2_backend_output_max;
/// The fields of one head or trailer section, each counted with 32 bytes more than its texts, as HPACK has it. What the
/// edge reads of a backend's head is no larger.
inline constexpr std::size_t h2_backend_head_max = http_head_max;
inline constexpr std::size_t h2_backend_fields_max = http_fields_room;
/// Heads of an answer that wait for the tunnel, interim ones too: beyond that nothing is read from the backend.
inline constexpr std::size_t h2_backend_heads_max = 2 * h2_backend_head_max;
/// The head of a request as the edge writes it: it adds to what visitors may send.
inline constexpr std::size_t h2_backend_request_head_max = http_head_settable_max + 64 * 1024;
/// How long a backend may take its last frames (RST_STREAM, GOAWAY) when its visitor has gone, before the connection is
/// closed.
inline constexpr auto h2_backend_goodbye = std::chrono::seconds(1);

}  // namespace ferrotunnel::limits
