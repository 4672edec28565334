// The session's state of each stream. It is inside the Stream, so that a stream is one allocation.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "buffer/slab.hpp"
#include "mux/receive_window.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

class Stream;

/// State of a stream in the data lane.
enum class LaneState : std::uint8_t { out, fresh, rotating };

/// A value of StreamSide::sent_at: the endpoint has queued nothing that the peer could take.
inline constexpr TimePoint nothing_waits{};

struct StreamSide {
    // Life.
    bool opened_here = false;
    bool answered = false;     // OPENED was received (opener) or sent (acceptor)
    bool send_open = true;     // this side may still send
    bool receive_open = true;  // the peer may still send
    bool gone = false;         // left the session
    bool unread = false;       // ended before its endpoint has consumed everything: see StreamTable::unread_
    bool foreign = false;      // the endpoint receives on another thread
    bool touched = false;      // on the list of streams to wake at the end of this call
    bool received = false;     // got data in the current receive()
    bool wake_always = false;  // wake even if the inbound queue's consumer had not parked
    bool discarding = false;   // the session discards inbound data
    bool sent_any = false;     // false until the first data, which counts as sparse
    bool in_slab = false;      // some of `pushed_now` lies in the slab that was read into
    bool orphan = false;       // on StreamTable::orphans_

    // Control frames to be written, see SendLanes.
    bool in_control = false;
    bool open_due = false;
    bool opened_due = false;
    bool credit_due = false;

    // Data lane. Small members are next to each other here and above, so that there is no padding between them.
    LaneState lane = LaneState::out;
    std::int32_t deficit = 0;
    Stream* lane_next = nullptr;

    // The lane of control frames.
    buffer::Slice open_frame;  // held until it is written
    Stream* control_next = nullptr;

    // Credit.
    std::uint64_t send_credit = 0;
    ReceiveWindow window;
    /// The bytes that the stream takes from the budget: none once the peer has finished.
    std::uint64_t committed(const WindowRules& rules) const noexcept {
        return receive_open ? window.committed(rules) : 0;
    }

    // Inbound: what was queued so far, and in the current receive(); counted as in `taken`.
    std::uint64_t pushed = 0;
    std::uint64_t pushed_now = 0;

    // The slab into which small payloads are copied one after another while the endpoint is behind. The pointer holds
    // no reference: the slices in the slab do, and the last of them is released when `copies_end` has been consumed.
    buffer::Slab* copies = nullptr;
    std::uint64_t copies_end = 0;
    std::uint32_t copies_used = 0;

    std::uint32_t unread_at = 0;  // index in StreamTable::unread_

    // On a WaitList: until OPEN is answered, and later, if its endpoint has left, until the stream ends.
    TimePoint waits_since{};
    Stream* wait_previous = nullptr;
    Stream* wait_next = nullptr;

    // For memory shortage: when the endpoint, and the peer, last made progress.
    std::uint64_t taken_seen = 0;
    TimePoint taken_at{};
    std::uint64_t sent = 0;
    std::uint64_t sent_seen = 0;
    TimePoint sent_at = nothing_waits;
};

}  // namespace ferrotunnel::mux
