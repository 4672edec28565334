// Limits of visits between clients, of links between servers, and of replaceable credentials, each with its reason.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ferrotunnel::limits {

/// Simultaneous handshakes of visits to one service, which limits the memory for visitors that have not proved the key;
/// a page with many connections, or a pool of them, begins some dozens.
inline constexpr std::uint32_t visit_handshakes_max = 256;

/// Size of a file with cluster keys: two keys of 57 characters and comments. As for a token's file.
inline constexpr std::size_t cluster_key_file_bytes_max = 4096;

/// Length of a member's name: that of a DNS label. Two of them are in the first message of a link's handshake.
inline constexpr std::size_t link_name_max = 63;

/// Pinned keys of one peer: the present and the next one of each of several servers behind a name.
inline constexpr std::size_t trust_pins_max = 16;

}  // namespace ferrotunnel::limits
