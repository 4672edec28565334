#include "mux/stream.hpp"

#include <cstring>

#include "base/check.hpp"

namespace ferrotunnel::mux {

// An idle visitor has one on each side. The allocator adds 8 bytes, and rounds up to 16.
static_assert(sizeof(void*) != 8 || sizeof(Stream) <= 312, "a stream takes at most 320 bytes");

Stream::Stream(IntrusivePtr<SessionShared> shared, wire::StreamId id, wire::ServiceKind kind, std::uint32_t service)
    : shared_(std::move(shared)), id_(id), service_(service), kind_(kind) {
    if (kind == wire::ServiceKind::udp) {
        (void)extras();  // now, since both halves use its counts
    }
}

Stream::~Stream() = default;

void Stream::attach(IntrusivePtr<buffer::Waker> waker, bool foreign) {
    waker_ = std::move(waker);
    side_.foreign = foreign;
}

// --- sending ---

bool Stream::can_send() const noexcept {
    return shared_->is_below_limit(queued_.load(std::memory_order_relaxed)) && !send_is_dead();
}

void Stream::send(buffer::Slice payload, bool headroom) {
    check(payload.size() > 0 && payload.size() <= limits::data_payload_max, "a DATA payload is 1 to 16,376 bytes");
    payload.slab()->charge_to(*shared_->outbound);
    count_queued(payload.size() + limits::data_frame_cost);
    StreamItem item;
    item.slice = std::move(payload);
    item.headroom = headroom;
    push_outbound(std::move(item));
}

bool Stream::send_datagram(buffer::Slice payload, std::uint32_t now_ms) {
    check(payload.size() <= limits::datagram_payload_max, "a datagram has at most 65,507 bytes");
    if (kind_ != wire::ServiceKind::udp) {
        return false;  // a byte stream cannot carry a datagram, and has no counts of them
    }
    QueuedDatagrams& counts = extras_->datagrams;
    bool full = counts.queued.load(std::memory_order_relaxed) >= limits::datagrams_queued_max ||
                queued_.load(std::memory_order_relaxed) + payload.size() > limits::datagram_bytes_queued_max ||
                shared_->outbound->bytes() >= shared_->outbound_max;
    if (full || send_is_dead()) {
        counts.no_room.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    counts.queued.fetch_add(1, std::memory_order_relaxed);
    if (!payload.empty()) {
        payload.slab()->charge_to(*shared_->outbound);
    }
    count_queued(payload.size());
    StreamItem item;
    item.slice = std::move(payload);
    item.stamp_ms = now_ms;
    item.kind = StreamItem::Kind::datagram;
    push_outbound(std::move(item));
    return true;
}

void Stream::flush() noexcept {
    notify_session();
}

void Stream::finish() {
    StreamItem item;
    item.kind = StreamItem::Kind::fin;
    push_outbound(std::move(item));
    notify_session();
}

void Stream::reset(wire::Code code) {
    StreamItem item;
    item.kind = StreamItem::Kind::reset;
    item.code = code;
    push_outbound(std::move(item));
    notify_session();
}

// The limit may change between the two reads of this scheme. No wake is lost by this, since an endpoint that parks has
// something queued, and when the last byte is sent the queue is below half of any limit.
bool Stream::try_park_send() noexcept {
    return room_.park([this] {
        return shared_->is_below_half(queued_.load(std::memory_order_seq_cst)) ||
               send_dead_.load(std::memory_order_seq_cst);
    });
}

void Stream::abort(wire::Code code) noexcept {
    request_abort({AbortRequest::When::at_once, code});
}

void Stream::abort_behind(wire::Code code) noexcept {
    request_abort({AbortRequest::When::behind_end, code});
}

void Stream::request_abort(AbortRequest abort_request) noexcept {
    AbortRequest none;
    if (abort_request_.compare_exchange_strong(none, abort_request)) {
        notify_session();
    }
}

void Stream::leave() noexcept {
    if (!left_.exchange(true, std::memory_order_release)) {
        notify_session();
    }
}

void Stream::accept() noexcept {
    answer_.store(Answer::given, std::memory_order_release);
    notify_session();
}

void Stream::notify_session() noexcept {
    if (shared_->ready.put(*this)) {
        shared_->waker->wake();
    }
}

// --- receiving ---

void Stream::consume(std::uint32_t n) {
    StreamItem* item = inbound_.front();
    check(item != nullptr && n <= item->slice.size(), "only bytes of the front item can be consumed");
    std::uint64_t cost = n;
    if (n == item->slice.size()) {
        cost += item->cost;
        inbound_.drop_front();
    } else {
        item->slice.drop_front(n);
    }
    count_taken(cost);
}

void Stream::drop_front() {
    StreamItem* item = inbound_.front();
    check(item != nullptr, "there is an item to drop");
    std::uint64_t cost = item->slice.size() + item->cost;
    bool datagram = item->kind == StreamItem::Kind::datagram;
    bool data = item->kind == StreamItem::Kind::data;
    std::uint32_t size = item->slice.size();
    inbound_.drop_front();
    if (datagram) {
        extras_->datagrams.held.fetch_sub(1, std::memory_order_relaxed);
        extras_->datagrams.bytes_held.fetch_sub(size, std::memory_order_relaxed);
    }
    if (data) {
        count_taken(cost);
    }
}

buffer::Slice Stream::take_datagram() {
    StreamItem* item = inbound_.front();
    check(item != nullptr && item->kind == StreamItem::Kind::datagram, "there is a datagram to take");
    buffer::Slice payload = std::move(item->slice);
    inbound_.drop_front();
    extras_->datagrams.held.fetch_sub(1, std::memory_order_relaxed);
    extras_->datagrams.bytes_held.fetch_sub(payload.size(), std::memory_order_relaxed);
    return payload;
}

// Copies a piece for an endpoint on this thread that is behind; `end` is the value of `taken_` once the piece has been
// consumed. So frames of one byte need little more than their places in the queue, and not an allocation each.
buffer::Slice Stream::copy_together(const buffer::Slice& piece, std::uint64_t end) {
    CopySlab& copies = extras().copies;
    buffer::SlabPtr slab;
    if (copies.end > taken_.recent() && copies.slab->capacity() - copies.used >= piece.size()) {
        slab = buffer::SlabPtr(copies.slab);
    } else {
        const auto share = std::clamp<std::uint64_t>(waiting() / 4, limits::copies_slab_min, limits::copies_slab_max);
        slab = buffer::make_slab(std::max(static_cast<std::uint32_t>(share), piece.size()), shared_->ledger.get());
        copies.slab = slab.get();
        copies.used = 0;
    }
    std::memcpy(slab->data() + copies.used, piece.data(), piece.size());
    buffer::Slice copy(std::move(slab), copies.used, piece.size());
    copies.used += piece.size();
    copies.end = end;
    return copy;
}

void Stream::count_taken(std::uint64_t cost) {
    if (taken_.add(cost)) {
        notify_session();
    }
}

void Stream::stop_receiving() noexcept {
    discard_.store(true, std::memory_order_release);
    notify_session();
}

StreamEnd Stream::stream_end() const noexcept {
    std::uint32_t raw = stream_end_.load(std::memory_order_acquire);
    return {static_cast<StreamEnd::Kind>(raw >> 16), static_cast<wire::Code>(raw & 0xffff)};
}

}  // namespace ferrotunnel::mux
