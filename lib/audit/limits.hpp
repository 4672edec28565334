// Limits of the audit log.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::audit {

/// Lines that wait for the disk; further ones are dropped, and counted in the chain. Some 3,000 lines.
inline constexpr std::size_t queue_bytes_max = 1024 * 1024;
/// Maximum length of a value: names of peers have at most 256 bytes, and reasons are sentences.
inline constexpr std::size_t value_bytes_max = 512;
/// Maximum number of values in a list: the changed keys of a reload.
inline constexpr std::size_t list_values_max = 100;
/// Maximum length of the shown values of a list, escaped: with three of them a line stays below tail_bytes.
inline constexpr std::size_t list_bytes_max = 16 * 1024;
/// How much of a file's end is searched for its last complete line; a line is shorter.
inline constexpr std::size_t tail_bytes = 128 * 1024;
/// Maximum length of a line or fragment that is verified; lines as written are below tail_bytes.
inline constexpr std::size_t line_bytes_max = 1024 * 1024;

/// Refusals of one address that are written in a second; a client that tries again after a back-off stays below.
inline constexpr std::uint32_t refusals_of_address_max = 3;
/// Refusals of all addresses that are written in a second: attackers may have many.
inline constexpr std::uint32_t refusals_max = 50;
/// Addresses whose further refusals are counted separately; a record of a service with 16 hosts has some 6 KiB.
inline constexpr std::size_t counted_addresses_max = 1024;
/// How long they are counted before the number is written.
inline constexpr std::chrono::seconds count_time{60};
/// How long a process that is replaced waits, before it closes the log, for the record of a request in progress.
inline constexpr std::chrono::seconds handover_record_time{1};

}  // namespace ferrotunnel::audit
