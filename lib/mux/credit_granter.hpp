// Grants credit for the peer's DATA: when an endpoint has consumed enough, how much, and how far the window may grow.
#pragma once

#include "mux/memory_budget.hpp"
#include "mux/send_lanes.hpp"
#include "mux/session_context.hpp"

namespace ferrotunnel::mux {

/// The amount is decided when the frame is written, so that everything consumed until then is merged into it. Lives on
/// the session's worker.
class CreditGranter {
public:
    /// All must outlive it.
    CreditGranter(const SessionContext& context, MemoryBudget& budget, SendLanes& lanes) noexcept
        : context_(context), budget_(budget), lanes_(lanes) {}

    /// Puts the stream on the control lane if it has credit worth sending; otherwise sets the mark at which it will.
    void schedule(Stream& stream);
    /// Sets the mark: the endpoint notifies the session when it has consumed enough for a grant.
    void set_mark(Stream& stream);
    /// The credit to send now, which then counts as granted; 0: none.
    std::uint32_t grant(Stream& stream);
    /// The sender was stopped by credit: lets the window grow within the budget. `rtt`: zero without a sample.
    void grow(Stream& stream, Duration rtt);

private:
    std::uint64_t next_mark(const StreamSide& side) const noexcept {
        return side.window.next_grant_at(context_.window_rules, budget_.is_tight());
    }

    const SessionContext& context_;
    MemoryBudget& budget_;
    SendLanes& lanes_;
};

}  // namespace ferrotunnel::mux
