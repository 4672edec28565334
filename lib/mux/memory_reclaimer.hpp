// Takes memory back from streams that do not move, and leaves such streams out of the budget.
#pragma once

#include <cstdint>

#include "mux/memory_budget.hpp"
#include "mux/session_context.hpp"
#include "mux/stream_table.hpp"

namespace ferrotunnel::mux {

/// Decides which streams; when, and how much, is decided by MemoryBudget. Lives on the session's worker.
class MemoryReclaimer {
public:
    /// All must outlive it.
    MemoryReclaimer(SessionContext& context, MemoryBudget& budget, StreamTable& table) noexcept
        : context_(context), budget_(budget), table_(table) {}

    /// Leaves what has not moved for long out of the budget, which is for what moves: a stream's share of the held
    /// bytes, and the credit that its peer does not use. The result is at most a second old; a walk over all streams
    /// happens once a second while it matters.
    void set_idle_aside();
    /// Resets the streams that hold most for longest and whose endpoint has not taken anything for a while, including
    /// streams that have ended already and wait for a slow visitor to take their last bytes. Of many such streams a
    /// part is reset at once. When the process asks for it, what waits to be sent counts too. Far beyond the hard cap
    /// no stream gets this grace.
    void reset_most_stalled(std::uint64_t excess);

private:
    void note_progress(Stream& stream) noexcept;

    SessionContext& context_;
    MemoryBudget& budget_;
    StreamTable& table_;
};

}  // namespace ferrotunnel::mux
