#include "mux/credit_granter.hpp"

namespace ferrotunnel::mux {

void CreditGranter::schedule(Stream& stream) {
    StreamSide& side = stream.side_;
    if (!side.receive_open || side.credit_due) {
        return;
    }
    const std::uint64_t mark = next_mark(side);
    if (stream.taken_.count() >= mark || !stream.taken_.set_mark(mark)) {
        side.credit_due = true;
        lanes_.want_control(stream);
    }
}

void CreditGranter::set_mark(Stream& stream) {
    StreamSide& side = stream.side_;
    if (!stream.taken_.set_mark(side.receive_open ? next_mark(side) : UINT64_MAX)) {
        side.credit_due = true;
        lanes_.want_control(stream);
    }
}

std::uint32_t CreditGranter::grant(Stream& stream) {
    if (!stream.side_.receive_open) {
        return 0;
    }
    const WindowRules& rules = context_.window_rules;
    ReceiveWindow& window = stream.side_.window;
    const std::uint64_t before = window.committed(rules);
    const std::uint32_t credit = window.grant(rules, stream.taken_.count(), budget_.room(), context_.now);
    budget_.commit(before, window.committed(rules));
    return credit;
}

void CreditGranter::grow(Stream& stream, Duration rtt) {
    GrowthSample& last = stream.extras().growth;
    if (stream.side_.window.grow(context_.window_rules, stream.taken_.count(), budget_.room(), rtt, context_.now,
                                 last)) {
        schedule(stream);
    }
}

}  // namespace ferrotunnel::mux
