// Requests of streams' endpoints since the last call: to accept, abort, discard, or send.
#pragma once

#include "mux/credit_granter.hpp"
#include "mux/memory_budget.hpp"
#include "mux/send_lanes.hpp"
#include "mux/session_context.hpp"
#include "mux/stream_table.hpp"

namespace ferrotunnel::mux {

/// An endpoint, on any thread, sets a word or fills a queue of its stream and puts it on the ready list. Lives on the
/// session's worker.
class EndpointRequests {
public:
    /// All must outlive it.
    EndpointRequests(SessionContext& context, StreamTable& table, const MemoryBudget& budget, CreditGranter& credit,
                     SendLanes& lanes) noexcept
        : context_(context), table_(table), budget_(budget), credit_(credit), lanes_(lanes) {}

    /// Serves all streams on the ready list.
    void serve_ready() {
        context_.shared->ready.take_all([this](IntrusivePtr<Stream> stream) { serve(*stream); });
    }

private:
    void serve(Stream& stream);
    void discard_inbound(Stream& stream);

    SessionContext& context_;
    StreamTable& table_;
    const MemoryBudget& budget_;
    CreditGranter& credit_;
    SendLanes& lanes_;
};

}  // namespace ferrotunnel::mux
