// Limits of our own requests to external HTTP servers.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::fetch {

/// Connections that one pool keeps for further requests: the oldest one is closed for another.
inline constexpr std::size_t idle_connections_max = 16;
/// How long an idle connection is kept. Servers close idle connections after 5 s or later: a request on one that is
/// just being closed fails.
inline constexpr std::chrono::milliseconds idle_time{4'000};
/// How long a request may take, from connecting to the end of its response, unless its sender sets another time.
inline constexpr std::chrono::milliseconds request_time{10'000};
/// The longest head of a response, and the longest body that is kept.
inline constexpr std::size_t response_head_max = 64 * 1'024;
inline constexpr std::size_t response_body_max = 64 * 1'024;
/// Interim responses (100, 103) to one request.
inline constexpr std::size_t interim_responses_max = 16;
/// Simultaneous requests of one client; more are rejected.
inline constexpr std::size_t requests_max = 1'024;
/// TLS contexts that a client keeps, by host and CA file, and for how long.
inline constexpr std::size_t contexts_max = 32;
inline constexpr std::chrono::milliseconds context_time{60'000};

}  // namespace ferrotunnel::fetch
