// What sockets' pumps have moved, of one service, one trunk or a whole process.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/counter.hpp"

namespace ferrotunnel::trunk {

/// Counts while it happens; any thread may read. Visitors come and go on any thread. Bytes are counted with every read
/// and write of a socket: only where one worker counts them, so that no worker waits for another one's cache line. What
/// all of a process moved is the sum of its sessions (trunk/traffic_book.hpp).
struct Traffic {
    /// On how many workers its visitors are: bytes are counted where it is one.
    enum class Of : std::uint8_t { one_worker, all_workers };

    Traffic() = default;
    explicit Traffic(Of of_in) : of(of_in) {}

    std::atomic<std::uint64_t> visitors{0};      // so far
    std::atomic<std::uint64_t> visitors_now{0};  // open
    std::atomic<std::uint64_t> sending_now{0};   // of these, those that may still send
    Counter from_sockets;                        // bytes
    Counter to_sockets;
    std::shared_ptr<Traffic> total;  // counts along, if set
    const Of of = Of::one_worker;

    void opened() noexcept {
        for (Traffic* each = this; each != nullptr; each = each->total.get()) {
            each->visitors.fetch_add(1, std::memory_order_relaxed);
            each->visitors_now.fetch_add(1, std::memory_order_relaxed);
            each->sending_now.fetch_add(1, std::memory_order_relaxed);
        }
    }
    void stopped_sending() noexcept {
        for (Traffic* each = this; each != nullptr; each = each->total.get()) {
            each->sending_now.fetch_sub(1, std::memory_order_relaxed);
        }
    }
    void closed() noexcept {
        for (Traffic* each = this; each != nullptr; each = each->total.get()) {
            each->visitors_now.fetch_sub(1, std::memory_order_relaxed);
        }
    }
    /// Another trunk counts the visitor.
    void passed_on() noexcept {
        for (Traffic* each = this; each != nullptr; each = each->total.get()) {
            each->visitors.fetch_sub(1, std::memory_order_relaxed);
        }
    }
    /// On the worker of the visitor.
    void moved(Counter Traffic::*direction, std::uint64_t bytes) noexcept {
        for (Traffic* each = this; each != nullptr && each->of == Of::one_worker; each = each->total.get()) {
            (each->*direction).add(bytes);
        }
    }
};

}  // namespace ferrotunnel::trunk
