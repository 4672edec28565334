#include "backend/http2_stream.hpp"

#include <cassert>
#include <exception>
#include <utility>

#include "trunk/frame_windows.hpp"
#include "trunk/inbound_pieces.hpp"
#include "wire/http2_code.hpp"

namespace ferrotunnel::backend {

using mux::StreamItem;
using transport::IoResult;
using transport::IoStatus;
using trunk::Traffic;
using wire::Code;

Http2Stream::Http2Stream(runtime::Worker& worker, IntrusivePtr<trunk::TrafficCounter> traffic, Events events)
    : worker_(worker), traffic_(std::move(traffic)), events_(std::move(events)) {
    check_here(worker_);
    traffic_->opened();
}

Http2Stream::~Http2Stream() {
    close();
}

void Http2Stream::refuse(Code code, std::string_view why) {
    check_here(worker_);
    cancel_ = nullptr;
    if (state_ != State::closed) {
        tap_not_reached(why);
        stream_->abort(code);
        close();
    }
}

void Http2Stream::set_pipe(std::unique_ptr<transport::Pipe> pipe, std::string_view scheme, TimePoint deadline) {
    check_here(worker_);
    cancel_ = nullptr;
    if (state_ == State::closed) {
        return;
    }
    try {
        connection_.emplace(scheme);
        timer_.emplace(worker_, [this] { on_timer(); });
        timer_->set(deadline);
        worker_.poller().add(pipe->fd(), *this);
    } catch (const std::exception&) {
        refuse(Code::busy, trunk::no_memory_text);
        return;
    }
    pipe_ = std::move(pipe);
    enter(State::shaking_hands);
    self_ = IntrusivePtr<Http2Stream>(this);
    worker_.shutdown_hooks().add(*this);
    run();
}

void Http2Stream::enter(State next) noexcept {
    assert(next > state_);
    state_ = next;
}

// --- entry points ---

void Http2Stream::wake() noexcept {
    // The stream's session lives on the same worker; if that has ended, this thread tears down what lived there.
    if (!worker_.here() && !worker_.mailbox()->is_closed()) {
        (void)worker_.mailbox()->post_call([self = IntrusivePtr<Http2Stream>(this)] { self->run(); });
        return;
    }
    run();
}

void Http2Stream::on_events(std::uint32_t events) noexcept {
    socket_.note_events(events);
    run();
}

void Http2Stream::on_worker_end() noexcept {
    const IntrusivePtr<Http2Stream> keep(this);
    close();
    timer_.reset();
}

void Http2Stream::on_timer() {
    const IntrusivePtr<Http2Stream> keep(this);
    if (state_ == State::shaking_hands) {
        fail_handshake(Code::timeout, "the backend did not complete the TLS handshake in time");
    } else if (state_ == State::greeting) {
        fail_handshake(Code::timeout, "the backend does not send any HTTP/2 in time");
    } else {
        close();
    }
}

void Http2Stream::run() noexcept {
    check_here(worker_);
    const auto failed = [this](const std::exception&) {
        // Out of memory, or a bug: only this stream ends.
        if (stream_) {
            stream_->abort(Code::internal);
        }
        close();
    };
    steps_.run(
        this, [this] { step(); }, failed, [this] { return state_ != State::closed; });
}

void Http2Stream::step() {
    switch (state_) {
        case State::dialing:
            step_dialing();
            return;
        case State::leaving:
        case State::farewell:
            step_leaving();
            return;
        case State::closed:
            return;
        case State::shaking_hands:
        case State::greeting:
        case State::speaking:
            break;
    }
    if (const mux::StreamEnd stream_end = stream_->stream_end()) {
        leave(stream_end.code);
        return;
    }
    if (stream_->send_is_dead()) {
        stream_->reset(Code::connection_reset);
        leave();
        return;
    }
    if (is_speaking() || shake_hands()) {
        transfer();
    }
}

void Http2Stream::step_dialing() {
    if (!stream_->stream_end()) {
        return;
    }
    if (const std::function<void()> cancel = std::exchange(cancel_, nullptr)) {
        cancel();
    }
    close();
}

bool Http2Stream::shake_hands() {
    std::string why;
    switch (pipe_->handshake(why)) {
        case IoStatus::ok:
            enter(State::greeting);
            return true;
        case IoStatus::would_block:
            return false;
        case IoStatus::eof:
        case IoStatus::error:
            break;
    }
    fail_handshake(Code::refused, why);
    return false;
}

// Moves data until each direction waits for something, which then wakes this.
void Http2Stream::transfer() {
    bool moves = true;
    while (moves) {
        moves = read_backend();
        moves = write_tunnel() || moves;
        if (!is_speaking() || has_ended()) {
            return;
        }
        moves = read_tunnel() || moves;
        if (!is_speaking()) {
            return;
        }
        moves = write_backend() || moves;
    }
}

bool Http2Stream::has_ended() {
    if (connection_->failure()) {
        end_failed(*connection_->failure());
        return true;
    }
    if (connection_->is_last() && connection_->is_idle()) {
        end_gracefully();
        return true;
    }
    return false;
}

// --- from the backend ---

bool Http2Stream::read_backend() {
    if (!socket_.can_read() || !connection_->may_receive()) {
        return false;
    }
    const buffer::SlabPtr slab = worker_.slabs().acquire();
    const IoResult result = pipe_->read({slab->data(), buffer::slab_bytes});
    if (result.bytes > 0) {
        traffic_->moved(&Traffic::from_sockets, result.bytes);
        connection_->receive({slab->data(), result.bytes});
    }
    socket_.note_read(result);
    if (!socket_.peer_sends()) {
        connection_->receive_end();
    }
    if (connection_->is_answered()) {
        count_delivered(0);
    }
    if (state_ == State::greeting && connection_->has_spoken_http2()) {
        enter(State::speaking);
        timer_->cancel();
        stream_->accept();
        events_.outcome({});
    }
    return true;
}

// Bytes that the backend may not have processed are not counted: the edge sends a request again if none of it counts.
void Http2Stream::count_delivered(std::size_t bytes) noexcept {
    stream_->count_delivered(bytes + std::exchange(uncounted_, 0));
}

bool Http2Stream::write_tunnel() {
    bool moved = false;
    while (connection_->has_answer()) {
        while (!stream_->can_send()) {
            if (stream_->send_is_dead() || stream_->try_park_send()) {
                return moved;
            }
        }
        buffer::SlabPtr slab = worker_.slabs().acquire();
        const trunk::Windows windows(*slab, *stream_, bulk_);
        std::size_t filled = 0;
        for (const MutableBytes& window : windows.pieces()) {
            const std::size_t bytes = connection_->give(window);
            filled += bytes;
            if (tap_) {
                tap_->from_backend(window.first(bytes), worker_.now());
            }
            if (bytes < window.size()) {
                break;
            }
        }
        if (tap_ && tap_->is_done()) {
            tap_.reset();
        }
        bulk_ = filled >= limits::data_payload_max;
        trunk::send_frames(*stream_, std::move(slab), filled);
        moved = true;
    }
    return moved;
}

// --- to the backend ---

bool Http2Stream::read_tunnel() {
    const StreamItem* const item = stream_->front();
    if (item == nullptr) {
        return !stream_->try_park_receive();
    }
    if (item->kind != StreamItem::Kind::data) {
        handle_tunnel_end();
        return false;
    }
    if (item->slice.empty()) {
        stream_->drop_front();
        return true;
    }
    const std::size_t bytes = connection_->feed(item->slice.bytes());
    if (bytes == 0) {
        return false;
    }
    traffic_->moved(&Traffic::to_sockets, bytes);
    if (tap_) {
        tap_->to_backend(item->slice.bytes().first(bytes), worker_.now());
    }
    if (connection_->is_answered()) {
        count_delivered(bytes);
    } else {
        uncounted_ += bytes;
    }
    stream_->consume(static_cast<std::uint32_t>(bytes));
    return true;
}

// The edge has ended the stream, or reset it. Within an exchange that means that the visitor has left.
void Http2Stream::handle_tunnel_end() {
    if (connection_->is_idle()) {
        end_gracefully();
        return;
    }
    const StreamItem* const item = stream_->front();
    const Code code = item != nullptr ? item->code : Code::none;
    stream_->reset(Code::connection_reset);
    leave(code);
}

bool Http2Stream::write_backend() {
    if (!socket_.can_write() || (connection_->output().empty() && !pipe_->has_pending())) {
        return false;
    }
    IoStatus status = IoStatus::ok;
    if (connection_->output().empty()) {
        status = pipe_->flush();
    } else {
        const Bytes output = connection_->output();
        const IoResult result = pipe_->write({&output, 1});
        connection_->sent(result.bytes);
        status = result.status;
    }
    if (status == IoStatus::error) {
        socket_.note_failed_write();  // the unread data of the backend decides
        return socket_.peer_sends();
    }
    socket_.note_write(status);
    return socket_.can_write();
}

// --- ending ---

// The reset after the end reports how much was read, so that the edge can send a request elsewhere that was on its way
// here; as with a backend that closes its connection.
void Http2Stream::end_gracefully() {
    if (tap_) {
        tap_->backend_ended(true, worker_.now());
    }
    stream_->finish();
    stream_->reset(Code::connection_reset);
    leave();
}

void Http2Stream::end_failed(const h2::ClientConnection::Failure& failure) {
    if (state_ == State::greeting) {
        fail_handshake(Code::refused, failure.why);
        return;
    }
    events_.failed(failure.why);
    if (tap_) {
        tap_->backend_ended(false, worker_.now());
    }
    if (!failure.is_unprocessed) {
        count_delivered(0);
    }
    stream_->reset(failure.reset_code ? wire::code_of_http2(*failure.reset_code) : Code::connection_reset);
    leave();
}

void Http2Stream::fail_handshake(Code code, const std::string& why) {
    events_.outcome(why);
    tap_not_reached(why);
    stream_->abort(code);
    close();
}

void Http2Stream::tap_not_reached(std::string_view why) noexcept {
    if (tap_) {
        trunk::Pieces room;
        tap_->not_reached(why, trunk::gather_inbound(*stream_, room), worker_.now());
    }
}

// `why`: the code of the visitor's reset of its stream, if it was an HTTP/2 stream.
void Http2Stream::leave(Code why) {
    release_stream();
    if (state_ == State::shaking_hands) {
        close();
        return;
    }
    connection_->leave(wire::http2_error_of(why).value_or(NGHTTP2_CANCEL));
    enter(State::leaving);
    timer_->set(worker_.now() + limits::h2_backend_goaway_time);
    step_leaving();
}

void Http2Stream::step_leaving() {
    while (write_backend()) {
    }
    const bool has_written = connection_->output().empty() && !pipe_->has_pending();
    if (has_written && state_ == State::leaving) {
        pipe_->shutdown();
        enter(State::farewell);
    }
    const buffer::SlabPtr slab = worker_.slabs().acquire();
    while (socket_.can_read()) {
        socket_.note_read(pipe_->read({slab->data(), buffer::slab_bytes}));
    }
    if (!socket_.peer_sends()) {
        close();
    }
}

void Http2Stream::release_stream() noexcept {
    if (const IntrusivePtr<mux::Stream> stream = std::exchange(stream_, nullptr)) {
        stream->stop_receiving();
        traffic_->stopped_sending();
        traffic_->closed();
        if (tap_) {
            tap_->over(worker_.now());
            tap_.reset();
        }
    }
}

void Http2Stream::close() noexcept {
    if (state_ == State::closed) {
        return;
    }
    enter(State::closed);
    runtime::ShutdownHook::leave();
    if (timer_) {
        timer_->cancel();  // the timer may be the caller; it is destroyed with this object
    }
    if (pipe_) {
        worker_.poller().remove(pipe_->fd(), *this);
        pipe_.reset();
    }
    release_stream();
    self_.reset();  // last: this may destroy it
}

}  // namespace ferrotunnel::backend
