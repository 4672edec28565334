// Observes the outcome of a non-HTTP visitor at a group member, for the member's ejection (directory/ejection.hpp).
//
//   the client refuses the stream, since its backend does -> refused
//   the stream is reset before any byte of the backend -> reset, unless the visitor has reset it first
//   a byte of the backend arrives, or it ends in order -> success
#pragma once

#include <functional>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "base/tap.hpp"
#include "directory/ejection.hpp"
#include "mux/stream.hpp"

namespace ferrotunnel::session {

/// The tap of a visitor's pump at the server, where the other end is the visitor.
class MemberTap final : public Tap {
public:
    using Report = std::function<void(directory::MemberOutcome, TimePoint)>;

    /// `report` is called at most once; if never, the outcome is unknown.
    MemberTap(IntrusivePtr<mux::Stream> stream, Report report)
        : stream_(std::move(stream)), report_(std::move(report)) {}

    /// The visitor has received bytes of the backend.
    void to_backend(Bytes bytes, TimePoint now) noexcept override;
    void from_backend(Bytes bytes, TimePoint now) noexcept override { (void)bytes, (void)now; }
    void backend_ended(bool in_order, TimePoint now) noexcept override;
    void over(TimePoint now) noexcept override;

private:
    void report(directory::MemberOutcome outcome, TimePoint now) noexcept;

    const IntrusivePtr<mux::Stream> stream_;
    Report report_;  // empty once it was called
    bool visitor_has_reset_ = false;
};

}  // namespace ferrotunnel::session
