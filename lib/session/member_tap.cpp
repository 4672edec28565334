#include "session/member_tap.hpp"

#include <exception>

namespace ferrotunnel::session {

using directory::Fared;

void MemberTap::to_backend(Bytes bytes, TimePoint now) noexcept {
    if (tell_ && !bytes.empty()) {
        tell(Fared::well, now);
    }
}

void MemberTap::backend_ended(bool in_order, TimePoint now) noexcept {
    (void)now;
    visitor_has_reset_ = visitor_has_reset_ || !in_order;
}

void MemberTap::over(TimePoint now) noexcept {
    const mux::Verdict verdict = stream_->verdict();
    if (!tell_ || verdict.kind == mux::Verdict::Kind::lost || visitor_has_reset_) {
        return;
    }
    if (!stream_->accepted()) {
        if (verdict && (verdict.code == wire::Code::refused || verdict.code == wire::Code::timeout)) {
            tell(Fared::refused, now);
        }
        return;
    }
    tell(verdict || stream_->send_is_dead() ? Fared::reset : Fared::well, now);
}

void MemberTap::tell(Fared fared, TimePoint now) noexcept {
    try {
        std::exchange(tell_, nullptr)(fared, now);
    } catch (const std::exception&) {  // no memory: this outcome is not counted
    }
}

}  // namespace ferrotunnel::session
