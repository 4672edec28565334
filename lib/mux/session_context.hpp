// Values that the parts of one session share: settings, the time of the current call, totals.
#pragma once

#include <cstdint>
#include <memory>

#include "base/clock.hpp"
#include "metrics/meter.hpp"
#include "mux/receive_window.hpp"
#include "mux/settings.hpp"
#include "mux/stream.hpp"

namespace ferrotunnel::mux {

struct SessionStats {
    std::uint64_t frames_received = 0;
    std::uint64_t frames_sent = 0;
    std::uint64_t payload_received = 0;
    std::uint64_t payload_sent = 0;
    std::uint64_t bytes_copied = 0;     // payload bytes that were copied inside the session
    std::uint64_t streams_opened = 0;   // by either side
    std::uint64_t streams_refused = 0;  // opens beyond a limit, refused or not answered in time, by either side
    std::uint64_t frames_ignored = 0;   // frames for streams that have ended
    std::uint64_t datagrams_dropped = 0;
    std::uint64_t resets = 0;
    std::uint64_t stalls = 0;             // times that a stream stalled for no known reason
    std::uint64_t credit_stalls = 0;      // times that a stream had more to send than the peer's credit allowed
    std::uint64_t credit_committed = 0;   // credit granted beyond the first windows, now
    std::uint64_t set_aside = 0;          // bytes, held or committed, that do not move and are not counted
    std::uint64_t bytes_held = 0;         // payload bytes that arrived and were not consumed, now
    std::uint64_t bytes_queued = 0;       // payload bytes that wait to be sent, now
    std::uint32_t streams = 0;            // now
    std::uint32_t streams_unread = 0;     // streams that ended before everything was consumed, now
    std::uint32_t resets_waiting = 0;     // streams aborted whose RESET was not sent, now
    std::uint64_t bytes_kept = 0;         // memory of sent and unconfirmed bytes, now; only for resumable sessions
    std::uint32_t resumed = 0;            // how often the session was resumed
    Duration rtt_min = Duration::zero();  // zero: no sample yet
};

/// Why a frame from the peer ends the session; false if it does not.
struct Violation {
    wire::Code code = wire::Code::none;
    const char* text = nullptr;
    explicit operator bool() const noexcept { return text != nullptr; }
};

/// Values shared by a session and its parts, all for the trunk's worker.
struct SessionContext {
    const Settings settings;
    const WindowRules window_rules;
    const IntrusivePtr<SessionShared> shared;
    TimePoint now;                            // time of the current call
    TimePoint reattached_at{};                // when a lost connection was last replaced
    SessionStats stats{};                     // totals only; what exists now is zero
    std::shared_ptr<metrics::Meter> meter{};  // for streams without a meter of their own; may be null

    /// When a wait for the peer that began at `since` starts to count: a new connection grants the full time again.
    /// (std::max would need addresses, which each tick would pay for.)
    TimePoint rested(TimePoint since) const noexcept { return reattached_at > since ? reattached_at : since; }
};

}  // namespace ferrotunnel::mux
