#include "ingress/udp_visitor.hpp"

#include <utility>

#include "base/limits.hpp"
#include "runtime/worker.hpp"
#include "shaping/lane.hpp"

namespace ferrotunnel::ingress {

using trunk::DatagramCounts;

struct UdpVisitor::Lanes {
    Lanes(const std::shared_ptr<shaping::VisitorShape>& shape, UdpVisitor& visitor) noexcept
        : up(shape, shaping::Direction::up, visitor), down(shape, shaping::Direction::down, visitor) {}

    shaping::Lane up;
    shaping::Lane down;
};

UdpVisitor::UdpVisitor(UdpVisitorOwner& home, const runtime::SocketAddress& from)
    : owner_(&home), mailbox_(home.worker().mailbox()), worker_(home.worker()), from_(from) {}

UdpVisitor::~UdpVisitor() = default;

// --- any thread ---

void UdpVisitor::wake() noexcept {
    if (worker_.here()) {
        woken();
    } else {
        (void)mail_->post(*mailbox_, *this);
    }
}

void UdpVisitor::opened(IntrusivePtr<mux::Stream> stream, IntrusivePtr<trunk::TrafficCounter> traffic,
                        std::shared_ptr<shaping::ServiceShape> shape) noexcept {
    ready_stream_ = std::move(stream);
    ready_traffic_ = std::move(traffic);
    ready_shape_ = std::move(shape);
    stream_is_ready_.store(true, std::memory_order_release);
    wake();
}

void UdpVisitor::refused() noexcept {
    refused_.store(true, std::memory_order_release);
    wake();
}

void UdpVisitor::rejected() noexcept {
    rejected_.store(true, std::memory_order_release);
    wake();
}

// --- the port's worker ---

void UdpVisitor::woken() noexcept {
    if (stream_is_ready_.exchange(false, std::memory_order_acquire)) {
        accept_stream();
    }
    if (owner_ != nullptr) {
        owner_->set_due(*this);
    }
}

void UdpVisitor::accept_stream() noexcept {
    IntrusivePtr<mux::Stream> stream = std::move(ready_stream_);
    traffic_ = std::move(ready_traffic_);
    shape_ = std::move(ready_shape_);
    try {
        flow_ = owner_ != nullptr ? owner_->make_flow(stream, *this) : trunk::make_plain_flow(stream);
    } catch (const std::exception&) {
        stream->abort(wire::Code::busy);  // there is no memory for it
        stream->stop_receiving();
        traffic_->stopped_sending();
        traffic_->closed();
        refused_.store(true, std::memory_order_release);
        return;
    }
    if (owner_ == nullptr) {
        release_flow();  // the visitor ended before its stream arrived
        return;
    }
    owner_->uncount_waiting(std::exchange(waiting_bytes_, 0));
    for (buffer::Slice& payload : waiting_) {
        pass_on(std::move(payload));
    }
    waiting_.clear();
    waiting_.shrink_to_fit();
    flush();
}

// The payload is copied, whatever its size: a visitor's data never pins a buffer that others read into.
void UdpVisitor::take(Bytes payload, std::size_t room) {
    ++received_;
    if (flow_) {
        pass_on(buffer::Slice::copy_of(payload));
        return;
    }
    if (is_rejected()) {
        DatagramCounts::add(owner_->counts().no_visitor, 1);
        return;
    }
    if (waiting_.size() >= limits::udp_unopened_datagrams_max ||
        waiting_bytes_ + payload.size() > limits::udp_unopened_bytes_max || payload.size() > room) {
        ++unopened_;
        DatagramCounts::add(owner_->counts().no_room, 1);
        return;
    }
    waiting_.push_back(buffer::Slice::copy_of(payload));
    waiting_bytes_ += payload.size();
}

// Whether a datagram may pass; otherwise it is counted as dropped.
bool UdpVisitor::may_pass(shaping::Direction direction, std::size_t bytes) noexcept try {
    if (!shape_ || !shape_->is_on()) {
        return true;
    }
    if (!lanes_) {
        lanes_ = std::make_unique<Lanes>(std::make_shared<shaping::VisitorShape>(shape_), *this);
    }
    shaping::Lane& lane = direction == shaping::Direction::up ? lanes_->up : lanes_->down;
    if (lane.acquire(worker_.now()) == 0) {
        DatagramCounts::add(owner_->counts().over_rate, 1);
        return false;
    }
    lane.passed(bytes, worker_.now());
    return true;
} catch (const std::exception&) {
    DatagramCounts::add(owner_->counts().no_room, 1);
    return false;
}

void UdpVisitor::pass_on(buffer::Slice payload) noexcept try {
    if (may_pass(shaping::Direction::up, payload.size())) {
        flow_->send(std::move(payload), worker_.now());  // the flow counts the datagrams that it drops
    }
} catch (const std::exception&) {
    DatagramCounts::add(owner_->counts().no_room, 1);
}

void UdpVisitor::flush() noexcept {
    if (flow_) {
        flow_->flush();
        count_drops();
    }
}

// Takes datagrams until there are no more: later ones wake it.
bool UdpVisitor::serve(runtime::DatagramWriter& writer, bool& more) {
    using Next = trunk::DatagramFlow::Next;
    more = false;
    if (!flow_) {
        if (refused_.load(std::memory_order_acquire)) {
            DatagramCounts::add(owner_->counts().no_visitor, waiting_.size());
            return false;
        }
        if (is_rejected()) {
            DatagramCounts::add(owner_->counts().no_visitor, waiting_.size());
            owner_->uncount_waiting(std::exchange(waiting_bytes_, 0));
            waiting_.clear();
            waiting_.shrink_to_fit();
        }
        return true;
    }
    count_drops();
    while (!writer.is_full()) {
        buffer::Slice payload;
        const Next next = flow_->take(payload);
        if (next != Next::datagram) {
            return next == Next::nothing;
        }
        if (may_pass(shaping::Direction::down, payload.size())) {
            ++sent_;
            writer.add(std::move(payload), from_, to);
        }
    }
    more = true;
    return true;
}

void UdpVisitor::count_drops() noexcept {
    const mux::Stream::Drops drops = flow_->drops();
    DatagramCounts::add(owner_->counts().no_room, drops.no_room - counted_.no_room);
    DatagramCounts::add(owner_->counts().too_old, drops.too_old - counted_.too_old);
    counted_ = drops;
}

void UdpVisitor::end() noexcept {
    if (owner_ == nullptr) {
        return;
    }
    if (flow_) {
        count_drops();
    }
    owner_->uncount_waiting(std::exchange(waiting_bytes_, 0));
    waiting_.clear();
    lanes_.reset();
    owner_ = nullptr;  // first: the session may wake us from within
    if (flow_) {
        release_flow();
    }
}

void UdpVisitor::release_flow() noexcept {
    const std::unique_ptr<trunk::DatagramFlow> flow = std::move(flow_);
    flow->end(wire::Code::none);
    traffic_->stopped_sending();
    traffic_->closed();
}

}  // namespace ferrotunnel::ingress
