#include "session/stream_relay.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "runtime/turns.hpp"
#include "shaping/lane.hpp"

namespace ferrotunnel::session {

using mux::StreamItem;
using shaping::Direction;
using wire::Code;

// Counts the bytes that the relay has moved. A trunk's counts are for its own worker, so they go there by mail, as one
// message however much was moved meanwhile.
class StreamRelay::Tally final : public RefCounted {
public:
    explicit Tally(IntrusivePtr<trunk::TrafficCounter> traffic)
        : traffic_(std::move(traffic)), mailbox_(runtime::Worker::current()->mailbox()) {}

    /// The relay's worker.
    void moved(Direction direction, std::size_t bytes) noexcept {
        (direction == Direction::up ? up_ : down_).fetch_add(bytes, std::memory_order_relaxed);
        (void)mail_->post(*mailbox_, *this);
    }
    void over() noexcept {
        traffic_->stopped_sending();
        traffic_->closed();
    }

private:
    friend class buffer::WakeMail<Tally>;
    void woken() noexcept {
        traffic_->moved(&trunk::Traffic::from_sockets, up_.exchange(0, std::memory_order_relaxed));
        traffic_->moved(&trunk::Traffic::to_sockets, down_.exchange(0, std::memory_order_relaxed));
    }

    const IntrusivePtr<trunk::TrafficCounter> traffic_;
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    std::atomic<std::uint64_t> up_{0};
    std::atomic<std::uint64_t> down_{0};
    const IntrusivePtr<buffer::WakeMail<Tally>> mail_ = make_intrusive<buffer::WakeMail<Tally>>();
};

StreamRelay::StreamRelay(runtime::Worker& worker, IntrusivePtr<mux::Stream> near, Terms terms)
    : worker_(worker), mailbox_(worker.mailbox()), terms_(std::move(terms)), near_(std::move(near)) {
    check_here(worker_);
}

StreamRelay::~StreamRelay() = default;

void StreamRelay::begin() {
    check_here(worker_);
    self_ = IntrusivePtr<StreamRelay>(this);
    worker_.shutdown_hooks().add(*this);
    near_->attach(self_, false);
}

// --- any thread ---

void StreamRelay::wake() noexcept {
    if (worker_.here()) {
        woken();
    } else {
        (void)mail_->post(*mailbox_, *this);
    }
}

void StreamRelay::opened(IntrusivePtr<mux::Stream> stream, IntrusivePtr<trunk::TrafficCounter> traffic,
                         std::shared_ptr<shaping::ServiceShape> shape) noexcept {
    handed_stream_ = std::move(stream);
    handed_tally_ = make_intrusive<Tally>(std::move(traffic));
    handed_shape_ = std::move(shape);
    set_answer(Answer::opened);
}

void StreamRelay::set_answer(Answer answer) noexcept {
    answer_.store(answer, std::memory_order_release);
    wake();
}

// --- the near worker ---

void StreamRelay::woken() noexcept {
    const auto adopt_and_step = [this] {
        if (answer_.load(std::memory_order_acquire) == Answer::opened) {
            adopt_far_stream();
        }
        step();
    };
    const auto failed = [this](const std::exception&) { end(Code::internal); };  // no memory, or a bug: this visit ends
    steps_.run(this, adopt_and_step, failed, [this] { return state_ != State::over; });
}

void StreamRelay::adopt_far_stream() {
    answer_.store(Answer::taken, std::memory_order_relaxed);  // no other thread writes it any more
    far_ = std::move(handed_stream_);
    tally_ = std::move(handed_tally_);
    shape_ = std::move(handed_shape_);
    if (state_ == State::over) {
        const IntrusivePtr<mux::Stream> far = std::move(far_);
        far->abort(Code::cancelled);
        far->stop_receiving();
        tally_->over();
        return;
    }
    check(state_ == State::waiting, "a relay gets its far stream once");
    state_ = State::open;
}

void StreamRelay::step() {
    if (state_ == State::over || ended_from_outside() || state_ == State::waiting) {
        return;
    }
    if (state_ == State::open && far_->accepted()) {
        state_ = State::accepted;
        near_->accept();
    }
    const IntrusivePtr<mux::Stream> near = near_;  // carry() may release both streams
    const IntrusivePtr<mux::Stream> far = far_;
    carry(*near, *far, Direction::up);
    carry(*far, *near, Direction::down);
    if (state_ != State::over && !up_open_ && !down_open_) {
        close();
    }
}

// True if a stream was aborted or its trunk is lost, or the visitor is not accepted: the other stream is aborted.
bool StreamRelay::ended_from_outside() noexcept {
    const Answer answer = state_ == State::waiting ? answer_.load(std::memory_order_acquire) : Answer::none;
    if (answer == Answer::refused || answer == Answer::busy) {
        end(answer == Answer::refused ? terms_.unserved : Code::busy);
        return true;
    }
    for (const mux::Stream* stream : {near_.get(), far_.get()}) {
        if (const mux::StreamEnd stream_end = stream != nullptr ? stream->stream_end() : mux::StreamEnd()) {
            end(stream_end.kind == mux::StreamEnd::Kind::lost ? Code::connection_reset : stream_end.code);
            return true;
        }
    }
    return false;
}

// Moves what waits in `from`, as far as `to` has room, and checks until it is parked: anything that arrives later
// wakes.
void StreamRelay::carry(mux::Stream& from, mux::Stream& to, Direction direction) {
    bool any = false;
    while (state_ != State::over) {
        StreamItem* const item = from.front();
        if (item == nullptr) {
            if (from.try_park_receive()) {
                break;
            }
        } else if (item->kind == StreamItem::Kind::data) {
            const std::size_t most = may_send(from, to) ? acquire_bytes(direction) : 0;
            if (most == 0) {
                break;
            }
            const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(most, item->slice.size()));
            to.send(item->slice.share(0, n), false);
            from.consume(n);
            count_passed(direction, n);
            any = true;
        } else if (item->kind == StreamItem::Kind::datagram) {
            pass_datagram(from, to, direction);
            any = true;
        } else if (item->kind == StreamItem::Kind::reset) {
            const Code code = item->code;
            from.drop_front();
            to.reset(code);
            close();
        } else {
            from.drop_front();  // the end of this direction
            bool& open = direction == Direction::up ? up_open_ : down_open_;
            if (std::exchange(open, false)) {
                to.finish();
                any = false;
            }
        }
    }
    if (any) {
        to.flush();
    }
}

// False if `to` has no room: its waker will be called when it has. Also false if nothing sent would arrive, since the
// peer of `to` has reset it: then `from` is abandoned, and the other direction passes on the reset.
bool StreamRelay::may_send(mux::Stream& from, mux::Stream& to) noexcept {
    while (!to.can_send()) {
        if (to.send_is_dead()) {
            from.leave();
            return false;
        }
        to.flush();
        if (to.try_park_send()) {
            return false;
        }
    }
    return true;
}

// The stream counts a datagram that it drops.
void StreamRelay::pass_datagram(mux::Stream& from, mux::Stream& to, Direction direction) {
    buffer::Slice payload = from.take_datagram();
    const std::size_t bytes = payload.size();
    const TimePoint now = worker_.now();
    shaping::Lane* const lane = lane_of(direction);
    if (lane != nullptr && lane->acquire(now) == 0) {
        if (terms_.datagrams) {
            trunk::DatagramCounts::add(terms_.datagrams->over_rate, 1);
        }
        return;
    }
    const auto now_ms = static_cast<std::uint32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
    if (to.send_datagram(std::move(payload), now_ms)) {
        tally_->moved(direction, bytes);
        if (lane != nullptr) {
            lane->passed(bytes, now);
        }
    }
}

// Null while no rate is limited.
shaping::Lane* StreamRelay::lane_of(Direction direction) {
    if (!shape_ || !shape_->is_on()) {
        return nullptr;
    }
    if (!lanes_) {
        lanes_ = std::make_unique<shaping::Lanes>(std::make_shared<shaping::VisitorShape>(shape_), *this);
    }
    return &lanes_->of(direction);
}

std::size_t StreamRelay::acquire_bytes(Direction direction) {
    shaping::Lane* const lane = lane_of(direction);
    return lane != nullptr ? worker_.turns().acquire(*lane) : shaping::Lane::any_number;
}

void StreamRelay::count_passed(Direction direction, std::size_t bytes) noexcept {
    tally_->moved(direction, bytes);
    if (lanes_) {
        shaping::Lane& lane = lanes_->of(direction);
        lane.passed(bytes, worker_.now());
        lane.settle();
    }
}

void StreamRelay::count_drops(const mux::Stream& stream) const noexcept {
    if (terms_.datagrams) {
        const mux::Stream::Drops drops = stream.datagram_drops();
        trunk::DatagramCounts::add(terms_.datagrams->no_room, drops.no_room);
        trunk::DatagramCounts::add(terms_.datagrams->too_old, drops.too_old);
    }
}

// Aborts both streams, and closes.
void StreamRelay::end(Code code) noexcept {
    if (state_ == State::over) {
        return;
    }
    near_->abort(code);
    if (far_) {
        far_->abort(code);
    }
    close();
}

void StreamRelay::close() noexcept {
    if (std::exchange(state_, State::over) == State::over) {
        return;
    }
    leave();
    lanes_.reset();
    const IntrusivePtr<mux::Stream> near = std::move(near_);
    const IntrusivePtr<mux::Stream> far = std::move(far_);
    for (const auto& stream : {near, far}) {
        if (stream) {
            stream->stop_receiving();
            count_drops(*stream);
        }
    }
    if (far) {
        tally_->over();
    }
    self_.reset();  // last: only the caller may still hold a reference
}

void StreamRelay::on_worker_end() noexcept {
    const IntrusivePtr<StreamRelay> keep(this);
    end(Code::going_away);
}

}  // namespace ferrotunnel::session
