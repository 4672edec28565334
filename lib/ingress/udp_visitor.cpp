#include "ingress/udp_visitor.hpp"

#include <chrono>
#include <utility>

#include "base/limits.hpp"
#include "runtime/worker.hpp"
#include "shaping/lane.hpp"

namespace ferrotunnel::ingress {

using mux::StreamItem;
using trunk::DatagramCounts;

namespace {

std::uint32_t milliseconds_of(TimePoint when) noexcept {
    return static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count());
}

}  // namespace

struct UdpVisitor::Lanes {
    Lanes(const std::shared_ptr<shaping::VisitorShape>& shape, UdpVisitor& visitor) noexcept
        : up(shape, shaping::Way::up, visitor), down(shape, shaping::Way::down, visitor) {}

    shaping::Lane up;
    shaping::Lane down;
};

UdpVisitor::UdpVisitor(UdpVisitorHome& home, const runtime::SocketAddress& from)
    : home_(&home), mailbox_(home.worker().mailbox()), worker_(home.worker()), from_(from) {}

UdpVisitor::~UdpVisitor() = default;

// --- any thread ---

void UdpVisitor::wake() noexcept {
    if (worker_.here()) {
        woken();
    } else {
        (void)mail_->post(*mailbox_, *this);
    }
}

void UdpVisitor::opened(IntrusivePtr<mux::Stream> stream, std::shared_ptr<trunk::Traffic> traffic,
                        std::shared_ptr<shaping::ServiceShape> shape) noexcept {
    handed_stream_ = std::move(stream);
    handed_traffic_ = std::move(traffic);
    handed_shape_ = std::move(shape);
    handed_.store(true, std::memory_order_release);
    wake();
}

void UdpVisitor::refused() noexcept {
    refused_.store(true, std::memory_order_release);
    wake();
}

// --- the port's worker ---

void UdpVisitor::woken() noexcept {
    if (handed_.exchange(false, std::memory_order_acquire)) {
        take_stream();
    }
    if (home_ != nullptr) {
        home_->set_due(*this);
    }
}

void UdpVisitor::take_stream() noexcept {
    stream_ = std::move(handed_stream_);
    traffic_ = std::move(handed_traffic_);
    shape_ = std::move(handed_shape_);
    if (home_ == nullptr) {
        let_go_of_stream();  // over before its stream came
        return;
    }
    home_->uncount_waiting(std::exchange(waiting_bytes_, 0));
    for (buffer::Slice& payload : waiting_) {
        pass_on(std::move(payload));
    }
    waiting_.clear();
    waiting_.shrink_to_fit();
    flush();
}

// The payload is copied, whatever its size: what a visitor has sent never holds a buffer that others read into.
void UdpVisitor::take(Bytes payload, std::size_t room) {
    ++received_;
    if (stream_) {
        pass_on(buffer::Slice::copy_of(payload));
        return;
    }
    if (waiting_.size() >= limits::udp_unopened_datagrams_max ||
        waiting_bytes_ + payload.size() > limits::udp_unopened_bytes_max || payload.size() > room) {
        ++unopened_;
        DatagramCounts::add(home_->counts().no_room, 1);
        return;
    }
    waiting_.push_back(buffer::Slice::copy_of(payload));
    waiting_bytes_ += payload.size();
}

// Whether a datagram may pass; otherwise it is counted as dropped.
bool UdpVisitor::may_pass(shaping::Way way, std::size_t bytes) noexcept try {
    if (!shape_ || !shape_->is_on()) {
        return true;
    }
    if (!lanes_) {
        lanes_ = std::make_unique<Lanes>(std::make_shared<shaping::VisitorShape>(shape_), *this);
    }
    shaping::Lane& lane = way == shaping::Way::up ? lanes_->up : lanes_->down;
    if (lane.ask(worker_.now()) == 0) {
        DatagramCounts::add(home_->counts().over_rate, 1);
        return false;
    }
    lane.passed(bytes, worker_.now());
    return true;
} catch (const std::exception&) {
    DatagramCounts::add(home_->counts().no_room, 1);
    return false;
}

void UdpVisitor::pass_on(buffer::Slice payload) noexcept {
    if (!may_pass(shaping::Way::up, payload.size())) {
        return;
    }
    (void)stream_->send_datagram(std::move(payload),
                                 milliseconds_of(worker_.now()));  // the stream counts what it drops
}

void UdpVisitor::flush() noexcept {
    if (stream_) {
        stream_->flush();
    }
}

// Looks into the queue until it is parked, so that whatever comes later wakes.
bool UdpVisitor::serve(runtime::DatagramWriter& writer, bool& more) {
    more = false;
    if (!stream_) {
        if (refused_.load(std::memory_order_acquire)) {
            DatagramCounts::add(home_->counts().no_visitor, waiting_.size());
            return false;
        }
        return true;
    }
    count_drops();
    while (!stream_->verdict()) {
        const StreamItem* item = stream_->front();
        if (item == nullptr) {
            if (stream_->try_park_receive()) {
                return true;
            }
            continue;
        }
        if (item->kind != StreamItem::Kind::datagram) {
            return false;  // the other end has ended it
        }
        if (writer.is_full()) {
            more = true;
            return true;
        }
        buffer::Slice payload = stream_->take_datagram();
        if (may_pass(shaping::Way::down, payload.size())) {
            ++sent_;
            writer.add(std::move(payload), from_, to);
        }
    }
    return false;
}

void UdpVisitor::count_drops() noexcept {
    const mux::Stream::Drops drops = stream_->datagram_drops();
    DatagramCounts::add(home_->counts().no_room, drops.no_room - counted_.no_room);
    DatagramCounts::add(home_->counts().too_old, drops.too_old - counted_.too_old);
    counted_ = drops;
}

void UdpVisitor::end() noexcept {
    if (home_ == nullptr) {
        return;
    }
    if (stream_) {
        count_drops();
    }
    home_->uncount_waiting(std::exchange(waiting_bytes_, 0));
    waiting_.clear();
    lanes_.reset();
    home_ = nullptr;  // first: the session may wake us from within
    if (stream_) {
        let_go_of_stream();
    }
}

void UdpVisitor::let_go_of_stream() noexcept {
    const IntrusivePtr<mux::Stream> stream = std::move(stream_);
    stream->abort(wire::Code::none);
    stream->stop_receiving();
    traffic_->stopped_sending();
    traffic_->closed();
}

}  // namespace ferrotunnel::ingress
