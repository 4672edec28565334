#include "session/member_tap.hpp"

#include <exception>

namespace ferrotunnel::session {

using directory::MemberOutcome;

void MemberTap::to_backend(Bytes bytes, TimePoint now) noexcept {
    if (report_ && !bytes.empty()) {
        report(MemberOutcome::success, now);
    }
}

void MemberTap::backend_ended(bool in_order, TimePoint now) noexcept {
    (void)now;
    visitor_has_reset_ = visitor_has_reset_ || !in_order;
}

void MemberTap::over(TimePoint now) noexcept {
    const mux::StreamEnd stream_end = stream_->stream_end();
    if (!report_ || stream_end.kind == mux::StreamEnd::Kind::lost || visitor_has_reset_) {
        return;
    }
    if (!stream_->accepted()) {
        if (stream_end && (stream_end.code == wire::Code::refused || stream_end.code == wire::Code::timeout)) {
            report(MemberOutcome::refused, now);
        }
        return;
    }
    report(stream_end || stream_->send_is_dead() ? MemberOutcome::reset : MemberOutcome::success, now);
}

void MemberTap::report(MemberOutcome outcome, TimePoint now) noexcept {
    try {
        std::exchange(report_, nullptr)(outcome, now);
    } catch (const std::exception&) {  // no memory: this outcome is not counted
    }
}

}  // namespace ferrotunnel::session
