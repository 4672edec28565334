// The limits of connections to backends that are none of the whole library, each with its reason.
#pragma once

#include <chrono>
#include <cstddef>

namespace ferrotunnel::limits {

/// So many causes for which the backend of a service is not reached are logged until it answers again; further ones are
/// only counted. More than any backend has, and few enough for texts that always differ.
inline constexpr std::size_t backend_causes_max = 8;
/// So much of an answer with status 400 or 403 is searched for the words of a server that rejects the host name.
/// Development servers' pages of errors begin with their style sheets.
inline constexpr std::size_t host_rejection_bytes_max = 16UL * 1024;
/// A UDP backend with several addresses that has answered a visitor at none so far: after so long the visitor's next
/// datagram goes to the next one. DNS clients ask again after 5 s.
inline constexpr std::chrono::seconds udp_answer_patience{2};
/// The name of a UDP backend that has not answered a visitor for so long is resolved again.
inline constexpr std::chrono::seconds udp_resolve_after{30};

}  // namespace ferrotunnel::limits
