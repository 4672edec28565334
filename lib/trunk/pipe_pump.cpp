#include "trunk/pipe_pump.hpp"

#include <array>
#include <utility>

#include "trunk/frame_windows.hpp"

namespace ferrotunnel::trunk {

using mux::StreamItem;
using transport::IoResult;
using transport::IoStatus;
using wire::Code;

namespace {

constexpr std::size_t pieces_max = 64;

}  // namespace

PipePump::PipePump(runtime::Worker& worker, std::shared_ptr<Traffic> traffic)
    : worker_(worker), traffic_(std::move(traffic)) {
    traffic_->opened();
}

PipePump::~PipePump() {
    close(true);
}

void PipePump::set_stream(IntrusivePtr<mux::Stream> stream) {
    stream_ = std::move(stream);
}

void PipePump::set_pipe(std::unique_ptr<transport::Pipe> pipe, TimePoint deadline,
                        std::function<void(const std::string& why)> outcome) {
    cancel_ = nullptr;
    if (closed_) {
        return;
    }
    try {
        handshake_ = std::make_unique<runtime::Timer>(worker_, [this] {
            IntrusivePtr<PipePump> keep(this);
            handshake_failed(Code::timeout, "the backend does not complete the TLS handshake in time");
        });
        handshake_->set(deadline);
        worker_.poller().add(pipe->fd(), *this);
    } catch (const std::exception&) {
        refuse(Code::busy);
        return;
    }
    outcome_ = std::move(outcome);
    pipe_ = std::move(pipe);
    self_ = IntrusivePtr<PipePump>(this);
    worker_.shutdown_hooks().add(*this);
    readable_ = writable_ = true;
    run();
}

void PipePump::refuse(Code code) {
    cancel_ = nullptr;
    if (!closed_) {
        stream_->abort(code);
        close(true);
    }
}

void PipePump::wake() noexcept {
    // The stream's session lives on the same worker; if that has ended, this thread tears down what lived there.
    if (!worker_.here() && !worker_.mailbox()->is_closed()) {
        (void)worker_.mailbox()->post_call([self = IntrusivePtr<PipePump>(this)] { self->run(); });
        return;
    }
    run();
}

void PipePump::on_events(std::uint32_t events) noexcept {
    readable_ = readable_ || (events & runtime::readable_events) != 0;
    writable_ = writable_ || (events & runtime::writable_events) != 0;
    hung_up_ = hung_up_ || (events & runtime::more_behind_events) != 0;
    peer_gone_ = peer_gone_ || (events & EPOLLHUP) != 0;
    error_seen_ = error_seen_ || (events & EPOLLERR) != 0;
    run();
}

// Releases the timers: somebody may hold the pump for longer, but its timers must not outlive the worker.
void PipePump::on_worker_end() noexcept {
    IntrusivePtr<PipePump> keep(this);
    close(true);
    handshake_.reset();
    last_bytes_.reset();
}

// Steps until nothing is left to do. The session wakes the pump from within the pump's own calls, hence the guard
// against recursion.
void PipePump::run() noexcept {
    if (running_) {
        again_ = true;
        return;
    }
    IntrusivePtr<PipePump> keep(this);
    running_ = true;
    do {
        again_ = false;
        try {
            step();
        } catch (const std::exception&) {
            // Out of memory, or a bug: only this visitor's connection ends.
            stream_->abort(Code::internal);
            close(true);
        }
    } while (again_ && !closed_);
    running_ = false;
}

void PipePump::step() {
    if (closed_ || !stream_ || ended_from_outside() || !pipe_ || (handshake_ && !shake_hands())) {
        return;
    }
    if (is_resetting()) {
        if (error_seen_) {
            close(true);
        }
        return;
    }
    if (error_seen_ && !broken_) {
        pipe_failed();
    }
    send();
    receive();
    if (!closed_ && !is_resetting()) {
        watch_end();
    }
}

void PipePump::watch_end() {
    if (!reading_ && !writing_ && !reset_next_ && !pipe_->has_pending()) {
        close(false);
    } else if (!reading_ && peer_gone_) {
        stream_->leave();  // of a unix socket: both directions have ended, not only one
    } else if (!writable_ && !last_bytes_ && stream_->send_is_dead()) {
        watch_last_bytes(LastBytes::Until::stalled);
    }
}

// True if the stream was aborted or its trunk is lost: the backend gets a reset, never an orderly end.
bool PipePump::ended_from_outside() {
    if (!stream_->verdict()) {
        return false;
    }
    if (std::function<void()> cancel = std::exchange(cancel_, nullptr)) {
        cancel();
    }
    close(true);
    return true;
}

bool PipePump::shake_hands() {
    std::string why;
    switch (pipe_->handshake(why)) {
        case IoStatus::ok:
            handshake_.reset();
            stream_->accept();
            return true;
        case IoStatus::would_block:
            return false;
        case IoStatus::eof:
        case IoStatus::error:
            break;
    }
    handshake_failed(Code::refused, why);
    return false;
}

void PipePump::handshake_failed(Code code, const std::string& why) {
    outcome_(why);
    refuse(code);
}

// --- from the pipe ---

void PipePump::receive() {
    while (!closed_ && reading_ && readable_ && may_send() && read_once()) {
    }
}

bool PipePump::may_send() {
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

void PipePump::stop_reading() noexcept {
    if (std::exchange(reading_, false)) {
        traffic_->stopped_sending();
    }
}

bool PipePump::read_once() {
    buffer::SlabPtr slab = worker_.slabs().acquire();
    const Windows windows(*slab, *stream_, bulk_);
    const IoResult result = pipe_->read_pieces(windows.pieces());
    bulk_ = result.bytes >= limits::data_payload_max;
    if (result.bytes > 0 && !std::exchange(heard_, true)) {
        outcome_({});
    }
    traffic_->moved(&Traffic::from_sockets, result.bytes);
    send_frames(*stream_, std::move(slab), result.bytes);
    switch (result.status) {
        case IoStatus::ok:
            return true;
        case IoStatus::would_block:
            // An end that was announced together with these bytes will not be announced again.
            readable_ = hung_up_ && result.bytes > 0;
            return readable_;
        case IoStatus::eof:
            stop_reading();
            if (broken_) {
                break;
            }
            stream_->finish();
            if (stream_->kind() == wire::ServiceKind::http) {  // see SocketPump::end_of_backend
                stream_->reset(Code::connection_reset);
                close(false);
            }
            return false;
        case IoStatus::error:
            stop_reading();
            if (!std::exchange(heard_, true)) {
                outcome_(pipe_->error_text());
            }
            break;
    }
    stream_->reset(Code::connection_reset);
    close(true);
    return false;
}

// --- to the pipe ---

void PipePump::send() {
    while (!closed_ && !broken_ && writable_ && write_once()) {
    }
    // Behind a FIN only a reset can come.
    if (!closed_ && !writing_ && !broken_ && !reset_next_) {
        if (StreamItem* item = stream_->front(); item != nullptr && item->kind == StreamItem::Kind::reset) {
            reset_in_order();
        }
    }
}

// Writes what is pending, or else everything queued, gathered into one write. False if there is nothing more to do now.
bool PipePump::write_once() {
    if (pipe_->has_pending()) {
        return after_write(pipe_->flush());
    }
    if (reset_next_) {
        reset_in_order();
        return false;
    }
    if (!writing_) {
        return false;
    }
    std::array<Bytes, pieces_max> pieces;
    std::size_t count = 0;
    stream_->for_each_inbound([&](StreamItem& item) {
        if (item.kind != StreamItem::Kind::data) {
            return false;
        }
        pieces[count++] = item.slice.bytes();
        return count < pieces_max;
    });
    if (count == 0) {
        return end_or_park();
    }
    const IoResult result = pipe_->write(std::span<const Bytes>(pieces.data(), count));
    traffic_->moved(&Traffic::to_sockets, result.bytes);
    // The pipe may already have sent what it has taken: from here on nobody may assume that the backend has none of it.
    stream_->count_delivered(result.bytes);
    for (std::size_t left = result.bytes; left > 0;) {
        const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(left, stream_->front()->slice.size()));
        stream_->consume(n);
        left -= n;
    }
    return after_write(result.status);
}

// Handles a queue without data: ends the pipe's direction, resets it, or parks.
bool PipePump::end_or_park() {
    StreamItem* item = stream_->front();
    if (item == nullptr) {
        return !stream_->try_park_receive();
    }
    if (item->kind == StreamItem::Kind::reset) {
        reset_in_order();
        return false;
    }
    stream_->drop_front();
    writing_ = false;
    pipe_->shutdown();
    (void)stream_->try_park_receive();
    return pipe_->has_pending();
}

bool PipePump::after_write(IoStatus status) {
    if (status == IoStatus::error) {
        pipe_failed();
        return false;
    }
    writable_ = status == IoStatus::ok;
    return writable_;
}

// Handles a pipe that takes nothing any more. What it received before it failed is still to be read, and the reset
// follows that; if its end was already read, the reset follows at once.
void PipePump::pipe_failed() {
    broken_ = true;
    readable_ = true;
    if (std::exchange(writing_, false)) {
        stream_->stop_receiving();
    }
    if (!reading_) {
        stream_->reset(Code::connection_reset);
        close(true);
    }
}

void PipePump::reset_in_order() {
    stop_reading();
    writing_ = false;
    reset_next_ = pipe_->has_pending();
    if (reset_next_) {
        return;
    }
    if (runtime::unacknowledged_bytes(pipe_->fd()) == 0) {
        close(true);
        return;
    }
    watch_last_bytes(LastBytes::Until::acknowledged);
}

void PipePump::watch_last_bytes(LastBytes::Until until) {
    last_bytes_ = std::make_unique<LastBytes>(worker_, pipe_->fd(), *stream_, until, [this] {
        IntrusivePtr<PipePump> keep(this);
        close(true);
    });
}

void PipePump::close(bool reset) noexcept {
    if (std::exchange(closed_, true)) {
        return;
    }
    leave();
    if (handshake_) {
        handshake_->cancel();  // it may be the caller; it is destroyed with the pump
    }
    if (last_bytes_) {
        last_bytes_->cancel();
    }
    if (pipe_) {
        worker_.poller().remove(pipe_->fd(), *this);
        if (reset) {
            runtime::reset_close(pipe_->release_fd());
        }
        pipe_.reset();
    }
    stop_reading();
    traffic_->closed();
    // Nobody will take what is still queued inbound; the stream itself goes with its last reference.
    if (stream_) {
        stream_->stop_receiving();
    }
    self_.reset();  // last: this may destroy the pump
}

}  // namespace ferrotunnel::trunk
