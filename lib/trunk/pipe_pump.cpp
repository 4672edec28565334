#include "trunk/pipe_pump.hpp"

#include "trunk/frame_windows.hpp"

namespace ferrotunnel::trunk {

using mux::StreamItem;
using transport::IoResult;
using transport::IoStatus;
using wire::Code;

void PipePump::set_pipe(std::unique_ptr<transport::Pipe> pipe, TimePoint deadline,
                        std::function<void(const std::string& why)> outcome) {
    if (!wants_end()) {
        return;
    }
    try {
        handshake_ = std::make_unique<runtime::Timer>(worker_, [this] {
            IntrusivePtr<PipePump> keep(this);
            handshake_failed(Code::timeout, "the backend did not complete the TLS handshake in time");
        });
        handshake_->set(deadline);
        worker_.poller().add(pipe->fd(), *this);
    } catch (const std::exception&) {
        refuse(Code::busy, no_memory_text);
        return;
    }
    outcome_ = std::move(outcome);
    pipe_ = std::move(pipe);
    begin();
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
    refuse(code, why);
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
    show_read(windows.pieces(), result.bytes);
    send_frames(*stream_, std::move(slab), result.bytes);
    switch (result.status) {
        case IoStatus::ok:
            return true;
        case IoStatus::would_block:
            // An end that was announced together with these bytes will not be announced again.
            readiness_.set_readable(readiness_.has_more_behind() && result.bytes > 0);
            return readiness_.is_readable();
        case IoStatus::eof:
            if (!is_broken()) {
                finish_stream();
                return false;
            }
            break;
        case IoStatus::error:
            if (!std::exchange(heard_, true)) {
                const std::string why = pipe_->error_text();
                outcome_(why);
                tap_not_reached(why);
            }
            break;
    }
    reset_stream();
    return false;
}

void PipePump::send() {
    while (!is_closed() && !is_broken() && readiness_.is_writable() && write_once()) {
    }
    if (!reset_next_ && is_reset_behind_end()) {
        reset_in_order();
    }
}

// Writes pending data, or else everything queued, gathered into one write. False if there is nothing more to do now.
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
    Pieces room;
    const std::span<const Bytes> pieces = gather(room);
    if (pieces.empty()) {
        return end_or_park();
    }
    const IoResult result = pipe_->write(pieces);
    // The pipe may already have sent the bytes that it accepted: from here on it is not safe to assume that the backend
    // has none.
    count_taken(result.bytes);
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
        end_failed();
        return false;
    }
    readiness_.set_writable(status == IoStatus::ok);
    return readiness_.is_writable();
}

void PipePump::reset_in_order() {
    writing_ = false;
    reset_next_ = pipe_->has_pending();
    if (reset_next_) {
        stop_reading();
    } else {
        reset_acknowledged();
    }
}

void PipePump::close_end(bool reset) noexcept {
    if (handshake_) {
        handshake_->cancel();  // the timer may be the caller; it is destroyed with the pump
    }
    if (reset && pipe_) {
        runtime::reset_close(pipe_->release_fd());
    }
    pipe_.reset();
}

}  // namespace ferrotunnel::trunk
