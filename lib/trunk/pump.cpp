#include "trunk/pump.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace ferrotunnel::trunk {

using mux::StreamItem;
using wire::Code;

Pump::Pump(runtime::Worker& worker, IntrusivePtr<TrafficCounter> traffic)
    : worker_(worker), traffic_(std::move(traffic)) {
    check_here(worker_);
    traffic_->opened();
}

void Pump::begin() {
    check_here(worker_);
    enter(State::open);
    add_ref();  // close() releases it
    worker_.shutdown_hooks().add(*this);
    readiness_ = runtime::Readiness::both();
    run();
}

void Pump::refuse(Code code, std::string_view why) {
    check_here(worker_);
    if (wants_end()) {
        tap_not_reached(why);
        stream_->abort(code);
        close(true);
    }
}

bool Pump::watch(int fd, bool output) {
    if (!wants_end()) {
        return false;
    }
    try {
        output ? worker_.poller().add(fd, *this) : worker_.poller().add_input(fd, *this);
        return true;
    } catch (const std::exception&) {
        refuse(Code::busy, no_memory_text);
        return false;
    }
}

void Pump::wake() noexcept {
    // The stream's session lives on the same worker; if that has ended, this thread tears down what lived there.
    if (!worker_.here() && !worker_.mailbox()->is_closed()) {
        (void)worker_.mailbox()->post_call([self = IntrusivePtr<Pump>(this)] { self->run(); });
        return;
    }
    run();
}

void Pump::on_events(std::uint32_t events) noexcept {
    readiness_.add(events);
    run();
}

void Pump::on_worker_end() noexcept {
    IntrusivePtr<Pump> keep(this);
    close(true);
    if (extras_) {
        extras_->linger_watch.reset();
    }
    drop_timers();
}

void Pump::run() noexcept {
    check_here(worker_);
    const auto failed = [this](const std::exception&) {
        // Out of memory, or a bug: only this visitor's connection ends.
        stream_->abort(Code::internal);
        close(true);
    };
    steps_.run(
        this, [this] { step(); }, failed, [this] { return !is_closed(); });
}

void Pump::step() {
    if (is_closed() || !stream_ || ended_from_outside()) {
        return;
    }
    if (state_ == State::dialing) {
        before_end();
        return;
    }
    if (!is_ready()) {
        return;
    }
    if (state_ == State::resetting) {
        if (readiness_.has_failed()) {
            close(true);
        }
        return;
    }
    if (is_broken() || readiness_.has_failed()) {
        end_failed();
    }
    send();
    receive();
    if (state_ == State::open || state_ == State::broken) {
        watch_end();
    }
}

void Pump::enter(State next) {
    check(state_ == (next == State::open ? State::dialing : State::open),
          "an end opens once, and breaks or is reset once");
    state_ = next;
}

// The remaining bytes of a broken end have no reader and cause no event: they are not waited for.
void Pump::watch_end() {
    if (!reading_ && !writing_ && (is_broken() || !has_pending())) {
        close(is_broken());
    } else if (!reading_ && readiness_.has_hung_up()) {
        stream_->leave();  // for a unix socket: both directions have ended, not only one
    } else if (!readiness_.is_writable() && !(extras_ && extras_->linger_watch) && stream_->send_is_dead()) {
        watch_linger(LingerWatch::Until::stalled);
    }
}

// True if the stream was aborted or its trunk is lost: the end's peer gets a reset, never an orderly end.
bool Pump::ended_from_outside() {
    if (!stream_->stream_end()) {
        return false;
    }
    if (const auto cancel = extras_ ? std::exchange(extras_->cancel, nullptr) : nullptr) {
        cancel();
    }
    close(true);
    return true;
}

// --- what few pumps have ---

Pump::Extras& Pump::extras() {
    if (!extras_) {
        extras_ = std::make_unique<Extras>();
    }
    return *extras_;
}

void Pump::drop_unused_extras() noexcept {
    if (extras_ && !extras_->any()) {
        extras_.reset();
    }
}

void Pump::set_tap(std::unique_ptr<Tap> tap) {
    if (tap || extras_) {
        extras().tap = std::move(tap);
    }
}

void Pump::drop_cancel() noexcept {
    if (extras_) {
        const std::function<void()> dropped = std::exchange(extras_->cancel, nullptr);  // ends last: it has the dialler
        drop_unused_extras();
    }
}

shaping::Lanes& Pump::lanes(const std::shared_ptr<shaping::ServiceShape>& shape) {
    std::unique_ptr<shaping::Lanes>& lanes = extras().lanes;
    if (!lanes) {
        lanes = std::make_unique<shaping::Lanes>(std::make_shared<shaping::VisitorShape>(shape), *this);
    }
    return *lanes;
}

void Pump::drop_lanes() noexcept {
    if (extras_) {
        extras_->lanes.reset();
    }
}

// --- from the end ---

void Pump::receive() {
    while (!is_closed() && reading_ && readiness_.is_readable() && may_send() && read_once()) {
    }
}

bool Pump::may_send() {
    while (!stream_->can_send()) {
        if (stream_->send_is_dead()) {
            stop_reading();  // the peer has reset the stream; the inbound queue ends with that reset
            return false;
        }
        if (stream_->try_park_send()) {
            return false;
        }
    }
    return true;
}

void Pump::stop_reading() noexcept {
    if (std::exchange(reading_, false)) {
        traffic_->stopped_sending();
    }
}

void Pump::finish_stream() {
    stop_reading();
    if (tap() != nullptr) {
        tap()->backend_ended(true, worker_.now());
    }
    stream_->finish();
    if (stream_->kind() == wire::ServiceKind::http) {
        stream_->reset(Code::connection_reset);
        close(false);
    }
}

void Pump::reset_stream() {
    stop_reading();
    if (tap() != nullptr) {
        tap()->backend_ended(false, worker_.now());
    }
    stream_->reset(Code::connection_reset);
    close(true);
}

void Pump::read_ended(runtime::IoStatus how) {
    if (how == runtime::IoStatus::eof && !is_broken()) {
        finish_stream();
    } else {
        reset_stream();  // a write may have consumed the error: a read afterwards reports an end
    }
}

// --- to the end ---

void Pump::count_taken(std::size_t bytes) {
    traffic_->moved(&Traffic::to_sockets, bytes);
    if (tap() != nullptr) {
        show_taken(bytes);
    }
    stream_->count_delivered(bytes);
    for (std::size_t left = bytes; left > 0;) {
        const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(left, stream_->front()->slice.size()));
        stream_->consume(n);
        left -= n;
    }
}

void Pump::tap_not_reached(std::string_view why) noexcept {
    if (tap() != nullptr) {
        Pieces room;
        tap()->not_reached(why, gather(room), worker_.now());
    }
}

void Pump::show_taken(std::size_t bytes) noexcept {
    stream_->for_each_inbound([&](StreamItem& item) {
        const Bytes piece = item.slice.bytes().first(std::min<std::size_t>(bytes, item.slice.size()));
        tap()->to_backend(piece, worker_.now());
        bytes -= piece.size();
        return bytes > 0;
    });
}

void Pump::show_to_tap(std::span<const MutableBytes> pieces, std::size_t bytes) noexcept {
    for (const MutableBytes& piece : pieces) {
        const Bytes filled = piece.first(std::min(bytes, piece.size()));
        if (filled.empty()) {
            break;
        }
        tap()->from_backend(filled, worker_.now());
        bytes -= filled.size();
    }
    if (tap()->is_done()) {
        extras_->tap.reset();
        drop_unused_extras();
    }
}

bool Pump::is_reset_behind_end() {
    const StreamItem* item = state_ == State::open && !writing_ ? stream_->front() : nullptr;
    return item != nullptr && item->kind == StreamItem::Kind::reset;
}

void Pump::end_failed() {
    if (!is_broken()) {
        enter(State::broken);
    }
    readiness_.set_readable(true);
    if (std::exchange(writing_, false)) {
        stream_->stop_receiving();
    }
    if (!reading_) {
        if (tap() != nullptr) {
            tap()->backend_ended(false, worker_.now());
        }
        stream_->reset(Code::connection_reset);
        close(true);
    }
}

void Pump::reset_acknowledged() {
    stop_reading();
    if (runtime::unacknowledged_bytes(fd()) == 0) {
        close(true);
        return;
    }
    enter(State::resetting);
    watch_linger(LingerWatch::Until::acknowledged);
}

void Pump::watch_linger(LingerWatch::Until until) {
    extras().linger_watch = std::make_unique<LingerWatch>(worker_, fd(), *stream_, until, [this] {
        IntrusivePtr<Pump> keep(this);
        close(true);
    });
}

void Pump::close(bool reset) noexcept {
    const State before = std::exchange(state_, State::closed);
    if (before == State::closed) {
        return;
    }
    leave();
    if (extras_ && extras_->linger_watch) {
        extras_->linger_watch->cancel();  // the watch may be the caller; it is destroyed with the pump
    }
    if (before != State::dialing) {
        worker_.poller().remove(fd(), *this);
    }
    close_end(reset);
    stop_reading();
    traffic_->closed();
    if (tap() != nullptr) {
        tap()->over(worker_.now());
        extras_->tap.reset();
    }
    // Inbound data that is still queued has no reader; the stream itself is destroyed with its last reference.
    if (stream_) {
        stream_->stop_receiving();
    }
    if (before != State::dialing) {
        release();  // last: this may destroy the pump
    }
}

}  // namespace ferrotunnel::trunk
