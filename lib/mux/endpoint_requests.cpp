#include "mux/endpoint_requests.hpp"

#include "mux/mutant.hpp"

namespace ferrotunnel::mux {

void EndpointRequests::serve(Stream& stream) {
    StreamSide& side = stream.side_;
    if (side.gone) {
        table_.serve_gone(stream);
        return;
    }
    if (table_.abort_if_requested(stream)) {
        return;
    }
    const bool accepts = stream.answer_.load(std::memory_order_acquire) == Stream::Answer::given;
    if (accepts && !side.opened_here && !side.answered) {
        table_.answer(stream);
        side.opened_due = true;
        // Datagrams need no credit, and unused credit would only reduce the budget of other streams.
        if (stream.kind() != wire::ServiceKind::udp && !budget_.uses_more_than(context_.settings.budget / 2)) {
            side.window.raise(context_.settings.opened_window);
        }
        lanes_.want_control(stream);
    }
    const bool discards = stream.discard_.load(std::memory_order_acquire);
    if (discards) {
        discard_inbound(stream);
    }
    if (discards || stream.left_.load(std::memory_order_acquire)) {
        table_.list_orphan(stream);
    }
    if (side.receive_open) {
        credit_.schedule(stream);
    }
    if (stream.outbound_.front() != nullptr && !mutant(Mutant::stuck_ready_flag)) {
        if (!side.waits) {
            side.waits = true;
            side.sent_at = CoarseTime(context_.now);
            side.sent_seen = side.sent;
        }
        lanes_.want_data(stream);
    }
}

// The endpoint has given up its receiving role: everything queued is dropped and counts as consumed.
void EndpointRequests::discard_inbound(Stream& stream) {
    if (stream.side_.discarding) {
        return;
    }
    stream.side_.discarding = true;
    while (stream.inbound_.front() != nullptr) {
        stream.drop_front();
    }
    (void)stream.inbound_.try_park();
}

}  // namespace ferrotunnel::mux
