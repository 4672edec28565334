// State of streams that carry datagrams or have moved much, which idle visitors of TCP services usually lack.
#pragma once

#include <atomic>
#include <cstdint>

#include "buffer/slab.hpp"
#include "mux/receive_window.hpp"

namespace ferrotunnel::mux {

/// Datagrams in both queues, and those that were dropped. Any thread.
struct QueuedDatagrams {
    std::atomic<std::uint32_t> queued{0};  // outbound
    std::atomic<std::uint32_t> held{0};    // inbound
    std::atomic<std::uint32_t> bytes_held{0};
    std::atomic<std::uint32_t> no_room{0};
    std::atomic<std::uint32_t> too_old{0};
};

/// The slab into which small payloads are copied one after another while the endpoint is behind. The pointer holds no
/// reference: the slices in the slab do, and the last of them is released when `end` has been consumed.
struct CopySlab {
    buffer::Slab* slab = nullptr;
    std::uint64_t end = 0;
    std::uint32_t used = 0;
};

/// A stream of datagrams has it from the start, others from when the session first needs it, until they end. Only the
/// session's worker uses it, except for the counts of datagrams.
struct StreamExtras {
    QueuedDatagrams datagrams;
    CopySlab copies;
    GrowthSample growth;
};

}  // namespace ferrotunnel::mux
