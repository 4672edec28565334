// Reclaims memory from streams that do not move, and excludes such streams from the budget.
#pragma once

#include <cstdint>

#include "mux/memory_budget.hpp"
#include "mux/session_context.hpp"
#include "mux/stream_table.hpp"

namespace ferrotunnel::mux {

/// Decides which streams; MemoryBudget decides when, and how much. Lives on the session's worker.
class MemoryReclaimer {
public:
    /// All must outlive it.
    MemoryReclaimer(SessionContext& context, MemoryBudget& budget, StreamTable& table) noexcept
        : context_(context), budget_(budget), table_(table) {}

    /// Excludes from the budget what has not moved for long: a stream's share of the held bytes, and the credit that
    /// its peer does not use. The result is at most a second old; all streams are visited once a second while it
    /// matters.
    void set_idle_aside();
    /// Resets the streams that hold most for longest and whose endpoint has not consumed anything for a while,
    /// including streams that have ended and wait for a slow visitor to read their last bytes. If there are many such
    /// streams, only some are reset at once. When the process asks for memory, data that waits to be sent counts too.
    /// Far beyond the hard cap no stream gets this grace.
    void reset_most_stalled(std::uint64_t excess);

private:
    void note_progress(Stream& stream) noexcept;
    /// The cost of what it holds that its endpoint has not consumed.
    static std::uint64_t held_by(const Stream& stream) noexcept;

    SessionContext& context_;
    MemoryBudget& budget_;
    StreamTable& table_;
};

}  // namespace ferrotunnel::mux
