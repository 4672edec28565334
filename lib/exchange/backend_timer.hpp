// Deadlines for a backend: to accept the connection, to respond, and to send something after a protocol switch.
#pragma once

#include <algorithm>

#include "exchange/exchange_context.hpp"
#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::exchange {

/// Sets the exchange's deadline, and reports which limit is exceeded when it has passed.
class BackendTimer {
public:
    BackendTimer(const ExchangeContext& at, runtime::Deadline& deadline) noexcept : at_(at), deadline_(deadline) {}

    // --- the connection ---

    /// A connection is requested.
    void begin_connect() noexcept {
        opened_at_ = at_.now();
        extend_connect();
    }
    /// The wait in the queue begins, unless a deadline is set already, which then continues.
    void begin_wait() noexcept {
        if (!deadline_.is_set()) {
            begin_connect();
        }
    }
    /// Grants the same time again.
    void extend_connect() noexcept { at_.edge.wheel.set_after(deadline_, at_.request.settings.backend_connect); }
    /// An idle connection was taken.
    void reuse() noexcept { opened_at_ = at_.now(); }
    bool may_connect() const noexcept { return since_open() < at_.request.settings.backend_connect; }
    /// Whether the wait in the queue is still shorter than the limit for a response.
    bool may_wait() const noexcept { return since_open() < at_.request.settings.first_byte; }

    // --- the response ---

    /// Data passed in either direction, or the backend is not responsible for its absence.
    void progress() noexcept { progress_at_ = at_.now(); }
    TimePoint last_progress() const noexcept { return progress_at_; }
    /// Sets the deadline for the response, and for the connection if the backend is not known to have accepted it. No
    /// event reports the acceptance: the response may be due before the connection would be.
    void watch_answer(bool is_connected) noexcept {
        const HttpServiceSettings& settings = at_.request.settings;
        const TimePoint answer_due = progress_at_ + settings.first_byte;
        at_.edge.wheel.set(deadline_,
                           is_connected ? answer_due : std::min(opened_at_ + settings.backend_connect, answer_due));
    }
    bool is_answer_due() const noexcept { return at_.now() - progress_at_ >= at_.request.settings.first_byte; }

    // --- after a protocol switch ---

    void watch_idle() noexcept { at_.edge.wheel.set(deadline_, progress_at_ + at_.request.settings.upgraded_idle); }
    bool is_idle_too_long() const noexcept { return at_.now() - progress_at_ >= at_.request.settings.upgraded_idle; }

    void cancel() noexcept { deadline_.cancel(); }

private:
    Duration since_open() const noexcept { return at_.now() - opened_at_; }

    const ExchangeContext& at_;
    runtime::Deadline& deadline_;
    TimePoint opened_at_{};  // when the connection was requested, or the wait for one began
    TimePoint progress_at_{};
};

}  // namespace ferrotunnel::exchange
