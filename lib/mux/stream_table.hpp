// The streams of a session: created, found, ended, orphaned; and the remains of those that have ended.
//
//   live (in the table) --both directions closed, or stream_end--> gone --everything consumed--> forgotten
//                                                                   \--otherwise--> unread --consumed--> forgotten
//
// A live stream whose OPEN waits for its answer is also on a list of OpenLimiter. An answered stream whose endpoint has
// left or consumes nothing more is an orphan: some of its data must move within a fixed time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "mux/credit_granter.hpp"
#include "mux/memory_budget.hpp"
#include "mux/open_limiter.hpp"
#include "mux/outbox.hpp"
#include "mux/send_lanes.hpp"
#include "mux/session_context.hpp"
#include "mux/stream_ids.hpp"
#include "mux/stream_index.hpp"
#include "mux/stream_list.hpp"
#include "mux/wake_list.hpp"

namespace ferrotunnel::mux {

/// Lives on the session's worker.
class StreamTable {
public:
    /// Parts that the end of a stream affects. All must outlive the table.
    struct Parts {
        SessionContext& context;
        OpenLimiter& opens;
        MemoryBudget& budget;
        CreditGranter& credit;
        SendLanes& lanes;
        Outbox& outbox;
        WakeList& wakes;
    };
    /// `key`: a random number, which peers do not know.
    StreamTable(const Parts& parts, std::uint64_t key) noexcept : parts_(parts), streams_(key) {}

    bool empty() const noexcept { return streams_.empty(); }
    /// Live streams.
    std::size_t size() const noexcept { return streams_.size(); }
    std::size_t unread() const noexcept { return unread_.size(); }
    /// Streams that use memory here: live ones, and ended ones with remains.
    std::size_t kept() const noexcept { return streams_.size() + parts_.outbox.aborts() + parts_.lanes.gone(); }
    /// Null if it is not live.
    Stream* find(wire::StreamId id) const noexcept { return streams_.find(id); }
    /// Calls `visit(Stream&)` for each live stream. It must not end any.
    template <typename Visit>
    void for_each(Visit visit) const {
        streams_.for_each(visit);
    }
    /// Like for_each(), for all streams that may hold memory, including unread ones.
    template <typename Visit>
    void for_each_holding(Visit visit) const {
        for_each(visit);
        for (const IntrusivePtr<Stream>& stream : unread_) {
            visit(*stream);
        }
    }

    struct Opening {
        wire::StreamId id = 0;
        std::uint32_t service = 0;
        wire::ServiceKind kind = wire::ServiceKind::tcp;
        bool here = false;  // this side opens it
        std::uint32_t send_window = 0;
        std::uint32_t receive_window = 0;
    };
    /// Creates a stream that waits for its answer. If memory runs out, nothing has changed.
    IntrusivePtr<Stream> make(const Opening& opening);
    /// The stream no longer counts as an unanswered open.
    void answer(Stream& stream);

    // --- the end -----------------------------------------------------------------------------------------------------

    /// Removes the stream from the session. Inbound data stays for the endpoint, unless `stream_end` drops it.
    void end(Stream& stream, StreamEnd stream_end);
    void end_if_closed(Stream& stream) {
        if (!stream.side_.send_open && !stream.side_.receive_open) {
            end(stream, {});
        }
    }
    /// Ends the stream from this side at once. The peer receives RESET with ABORT, or nothing if its OPEN was never
    /// sent. `in_order`: everything was sent to the peer, which delivers it first.
    void abort(Stream& stream, wire::Code code, bool in_order = false);
    /// Aborts `stream` if its endpoint has requested that and the time has come; true then.
    bool abort_if_requested(Stream& stream);
    /// Aborts a stream, live or unread, that holds memory and does not move.
    void reset_stalled(Stream& stream);
    /// Serves an ended stream: its endpoint has consumed everything, or consumes nothing any more.
    void serve_gone(Stream& stream);
    /// Ends all streams.
    void end_all(StreamEnd stream_end);
    /// Counts a refusal: a stream that ends before it was answered was refused, unless its opener left.
    void count_refusal(const Stream& stream, bool by_opener, wire::Code code) noexcept;

    // --- orphans -----------------------------------------------------------------------------------------------------

    /// Lists a stream whose endpoint has left or consumes nothing more. Until it is answered, an open has a deadline of
    /// its own.
    void list_orphan(Stream& stream) noexcept;
    /// Some data of the orphan has moved.
    void refresh_orphan(Stream& stream) noexcept {
        orphans_.remove(stream);
        orphans_.push(stream, parts_.context.now);
    }

    // --- time --------------------------------------------------------------------------------------------------------

    /// Ends opens that were not answered in time, and orphans whose data has not moved for too long.
    void end_overdue() {
        if (parts_.opens.oldest() != nullptr || orphans_.oldest() != nullptr) {
            end_those_overdue();
        }
    }
    /// When end_overdue() has something to do.
    TimePoint next_deadline() const noexcept {
        const SessionContext& context = parts_.context;
        TimePoint next = never;
        if (const Stream* oldest = parts_.opens.oldest()) {
            next = context.rested(oldest->side_.waits_since) + context.settings.open_deadline;
        }
        if (const Stream* oldest = orphans_.oldest()) {
            const TimePoint end = context.rested(oldest->side_.waits_since) + context.settings.orphan_timeout;
            next = end < next ? end : next;
        }
        return next;
    }

    /// Aborts if the counts are inconsistent.
    void check_invariants(const StreamIds& ids) const;

private:
    static void set_stream_end(Stream& stream, StreamEnd stream_end) noexcept;
    void count_live() noexcept;
    void drop_outbound(Stream& stream);
    void keep_if_unread(Stream& stream);
    void forget_unread(Stream& stream, bool wake);
    void end_those_overdue();
    void end_orphan(Stream& stream);

    const Parts parts_;
    StreamIndex streams_;
    /// Streams that ended in order before their endpoint had consumed everything. They are not part of the session any
    /// more, but the memory that they hold counts, and the memory cap must find them.
    std::vector<IntrusivePtr<Stream>> unread_;
    WaitList orphans_;  // ordered by when each last sent anything
};

}  // namespace ferrotunnel::mux
