// The session's state of each stream. It is inside the Stream, so that a stream is one allocation.
#pragma once

#include <cstdint>

#include "base/clock.hpp"
#include "base/coarse_time.hpp"
#include "mux/receive_window.hpp"

namespace ferrotunnel::mux {

class Stream;

/// State of a stream in the data lane.
enum class LaneState : std::uint8_t { out, fresh, rotating };

/// Each idle stream has one, so flags are bits, and times and counts are no longer than they must be.
struct StreamSide {
    // Life.
    bool opened_here : 1 = false;
    bool answered : 1 = false;     // OPENED was received (opener) or sent (acceptor)
    bool send_open : 1 = true;     // this side may still send
    bool receive_open : 1 = true;  // the peer may still send
    bool gone : 1 = false;         // left the session
    bool unread : 1 = false;       // ended before its endpoint has consumed everything: see StreamTable::unread_
    bool foreign : 1 = false;      // the endpoint receives on another thread
    bool touched : 1 = false;      // on the list of streams to wake at the end of this call
    bool wake_always : 1 = false;  // wake even if the inbound queue's consumer had not parked
    bool discarding : 1 = false;   // the session discards inbound data
    bool sent_any : 1 = false;     // false until the first data, which counts as sparse
    bool orphan : 1 = false;       // on StreamTable::orphans_
    bool waits : 1 = false;        // the endpoint has queued something that the peer could take

    // Control frames to be written, see SendLanes.
    bool in_control : 1 = false;
    bool open_due : 1 = false;
    bool opened_due : 1 = false;
    bool credit_due : 1 = false;

    // The lanes. Small members are next to each other here and above, so that there is no padding between them.
    LaneState lane : 2 = LaneState::out;
    std::int32_t deficit = 0;
    Stream* lane_next = nullptr;
    Stream* control_next = nullptr;

    // Credit.
    std::uint32_t send_credit = 0;  // at most limits::credit_outstanding_max
    std::uint32_t unread_at = 0;    // index in StreamTable::unread_
    ReceiveWindow window;
    /// The bytes that the stream takes from the budget: none once the peer has finished.
    std::uint64_t committed(const WindowRules& rules) const noexcept {
        return receive_open ? window.committed(rules) : 0;
    }

    // Inbound: what was queued so far, counted as in `taken`.
    std::uint64_t pushed = 0;
    std::uint32_t arrival = 0;  // place in the Compactor's list of this receive(), counted from 1; 0: not on it

    // For memory shortage: when the endpoint, and the peer if `waits`, last made progress. The counts wrap; they are
    // compared only to see whether they have changed.
    std::uint32_t taken_seen = 0;
    std::uint32_t sent = 0;
    std::uint32_t sent_seen = 0;
    CoarseTime taken_at;
    CoarseTime sent_at;

    // On a WaitList: until OPEN is answered, and later, if its endpoint has left, until the stream ends.
    TimePoint waits_since{};
    Stream* wait_previous = nullptr;
    Stream* wait_next = nullptr;
};

}  // namespace ferrotunnel::mux
