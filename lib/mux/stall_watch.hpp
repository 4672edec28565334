// Detector of stalled streams: one that seems stalled in two successive checks, and has moved nothing in between, has
// lost a wake, its turn or credit. That is a bug of this program; no peer or slow reader can cause it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "mux/send_lanes.hpp"
#include "mux/session_context.hpp"
#include "mux/stream_table.hpp"
#include "mux/wake_list.hpp"
#include "wire/frame.hpp"

namespace ferrotunnel::mux {

/// A stream that should have moved, with its numbers.
struct Stall {
    enum class Why : std::uint8_t {
        unscheduled,       // the stream has bytes to send and credit for them, but is not scheduled
        missed_room_wake,  // everything was sent, and its endpoint still waits for room
        unread,            // bytes wait for its endpoint, which waits for a wake
        no_credit,         // everything was consumed, but the peer may send nothing
    };

    wire::StreamId stream = 0;
    std::uint32_t service = 0;
    Why why = Why::unscheduled;
    std::uint64_t sent = 0;         // since the stream began, modulo 2^32
    std::uint64_t queued = 0;       // bytes that wait to be sent
    std::uint64_t credit = 0;       // credit left for sending
    std::uint64_t taken = 0;        // consumed by the endpoint, since the stream began
    std::uint64_t waiting = 0;      // bytes that wait for the endpoint
    std::uint64_t outstanding = 0;  // credit that the peer may still use
};

inline const char* name_of(Stall::Why why) noexcept {
    switch (why) {
        case Stall::Why::unscheduled:
            return "turn to send";
        case Stall::Why::missed_room_wake:
            return "wake to send more";
        case Stall::Why::unread:
            return "wake to receive";
        case Stall::Why::no_credit:
            return "credit for the peer";
    }
    return "";
}

/// Checks all streams every check_interval, as long as there are any. Lives on the session's worker.
class StallWatch {
public:
    static constexpr Duration check_interval = std::chrono::seconds(15);
    /// Maximum number of suspects kept. If more streams stall, the others are reported by later checks.
    static constexpr std::size_t suspects_max = 16;

    /// All must outlive it.
    StallWatch(const SessionContext& context, const StreamTable& table, SendLanes& lanes, WakeList& wakes) noexcept
        : context_(context), table_(table), lanes_(lanes), wakes_(wakes) {}

    /// There is a stream to watch.
    void begin() noexcept { check_at_ = check_at_ == never ? context_.now + check_interval : check_at_; }
    TimePoint next_deadline() const noexcept { return check_at_; }
    /// Reports each stalled stream, and wakes it. To be called when next_deadline() has passed. `receiving` is the
    /// stream of a DATA frame that has arrived in part, if any: the peer decides when the rest arrives.
    void check_streams(const Stream* receiving, const std::function<void(const Stall&)>& report);

private:
    static std::optional<Stall::Why> stall_cause(Stream& stream, const Stream* receiving);
    static Stall stall_of(const Stream& stream, Stall::Why why);
    bool is_confirmed(const Stall& stall);
    void wake(Stream& stream, Stall::Why why);

    const SessionContext& context_;
    const StreamTable& table_;
    SendLanes& lanes_;
    WakeList& wakes_;
    TimePoint check_at_ = never;
    std::vector<Stall> before_;  // found by the previous check
    std::vector<Stall> now_;
};

}  // namespace ferrotunnel::mux
