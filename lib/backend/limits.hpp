// Limits of connections to backends that only this layer uses, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::limits {

/// How many causes are logged for which the backend of a service is unreachable, until it responds again; further ones
/// are only counted. More than any backend has, and few enough for texts that always differ.
inline constexpr std::size_t backend_causes_max = 8;
/// How long a client waits for the head of a recorded request whose backend has refused. The server has sent it with
/// OPEN or right after it.
inline constexpr std::chrono::seconds late_head_patience{3};
/// How much of a response with status 400 or 403 is searched for the words of a server that rejects the host name.
/// Error pages of development servers begin with their style sheets.
inline constexpr std::size_t host_rejection_bytes_max = 16UL * 1024;
/// When a UDP backend with several addresses has not responded to a visitor at any of them so far, the visitor's next
/// datagram after this time goes to the next address. DNS clients ask again after 5 s.
inline constexpr std::chrono::seconds udp_answer_patience{2};
/// The name of a UDP backend that has not responded to a visitor for this long is resolved again.
inline constexpr std::chrono::seconds udp_resolve_after{30};

}  // namespace ferrotunnel::limits
