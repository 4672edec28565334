// Counters of UDP services' datagrams, on one side of the tunnel.
#pragma once

#include <atomic>
#include <cstdint>

namespace ferrotunnel::trunk {

/// Counts since the start; any thread. Each datagram that was received from a socket or from the trunk, and not passed
/// on, is in one of the causes.
struct DatagramCounts {
    std::atomic<std::uint64_t> received{0};     // from sockets
    std::atomic<std::uint64_t> sent{0};         // to sockets
    std::atomic<std::uint64_t> no_room{0};      // beyond the limit for waiting on the trunk or its other end
    std::atomic<std::uint64_t> too_old{0};      // waited too long to be sent through the trunk
    std::atomic<std::uint64_t> over_rate{0};    // beyond the byte rate of token, service or visitor
    std::atomic<std::uint64_t> no_visitor{0};   // from a new visitor for which there was no place
    std::atomic<std::uint64_t> socket_full{0};  // the kernel had no room to send them
    std::atomic<std::uint64_t> unreachable{0};  // the other end could not be reached, by ICMP or the kernel

    static void add(std::atomic<std::uint64_t>& count, std::uint64_t n) noexcept {
        if (n != 0) {
            count.fetch_add(n, std::memory_order_relaxed);
        }
    }
};

}  // namespace ferrotunnel::trunk
