#include "api/stream_core.hpp"

#include <algorithm>
#include <asio/error.hpp>
#include <cstring>
#include <new>
#include <utility>

#include "api/error_map.hpp"
#include "base/limits.hpp"

namespace ferrotunnel::detail {

namespace {

// Raises `value` to `least`, if it is lower.
template <typename Value>
void raise_to(std::atomic<Value>& value, Value least) noexcept {
    Value now = value.load(std::memory_order_relaxed);
    while (now < least && !value.compare_exchange_weak(now, least, std::memory_order_acq_rel)) {
    }
}

}  // namespace

StreamCore::StreamCore(StreamOrigin origin, IntrusivePtr<OwnerLife> owner)
    : origin_(std::move(origin)), owner_(std::move(owner)) {}

IntrusivePtr<StreamCore> StreamCore::of_opened(IntrusivePtr<mux::Stream> stream, StreamOrigin origin,
                                               IntrusivePtr<OwnerLife> owner) {
    auto core = make_intrusive<StreamCore>(std::move(origin), std::move(owner));
    core->stream_ = stream;
    stream->attach(core, true);
    return core;
}

bool StreamCore::accept() noexcept {
    if (stream_->stream_end()) {
        return false;
    }
    stream_->accept();
    return true;
}

void StreamCore::refuse(wire::Code code) noexcept {
    raise_to(end_request_, EndRequest::closed);
    stream_->abort(code);
}

// --- operations that the application starts ---

void StreamCore::start_read(ReadOperation* operation) noexcept {
    if (closed()) {
        operation->complete(asio::error::bad_descriptor, 0);
    } else if (operation->buffers.empty()) {
        operation->complete({}, 0);
    } else if (!reader_.begin()) {
        const mux::StreamEnd stream_end = stream_->stream_end();  // the worker that handles it may hold the lock
        operation->complete(stream_end ? stream_end_error_now(stream_end) : asio::error::already_started, 0);
    } else {
        read_ = operation;
        drive_reader();
    }
}

void StreamCore::start_write(WriteOperation* operation) noexcept {
    if (closed()) {
        operation->complete(asio::error::bad_descriptor, 0);
    } else if (operation->buffers.empty()) {
        operation->complete({}, 0);
    } else if (!writer_.begin()) {
        operation->complete(asio::error::already_started, 0);
    } else {
        write_ = operation;
        drive_writer();
    }
}

void StreamCore::start_open(OpenOperation* operation, std::shared_ptr<OpenAttempt> attempt) noexcept {
    if (!reader_.begin()) {
        operation->complete(asio::error::already_started, Stream());
        return;
    }
    open_ = operation;
    open_attempt_ = std::move(attempt);
    drive_reader();
}

void StreamCore::cancel_open(bool timed_out) noexcept {
    OpenEnd none = OpenEnd::none;
    open_end_.compare_exchange_strong(none, timed_out ? OpenEnd::timed_out : OpenEnd::cancelled,
                                      std::memory_order_acq_rel);
    if (reader_.wake()) {
        drive_reader();
    }
}

// Serials rise, and one operation of a kind is outstanding: the highest cancelled one covers all before it.
void StreamCore::cancel_read(std::uint64_t serial) noexcept {
    raise_to(cancelled_read_, serial);
    if (reader_.wake()) {
        drive_reader();
    }
}

void StreamCore::cancel_write(std::uint64_t serial) noexcept {
    raise_to(cancelled_write_, serial);
    if (writer_.wake()) {
        drive_writer();
    }
}

std::error_code StreamCore::shutdown_send() noexcept {
    EndRequest before = EndRequest::open;
    if (!end_request_.compare_exchange_strong(before, EndRequest::shutdown, std::memory_order_acq_rel)) {
        return before == EndRequest::shutdown ? asio::error::make_error_code(asio::error::broken_pipe)
                                              : asio::error::make_error_code(asio::error::bad_descriptor);
    }
    std::error_code error = send_error();
    if (writer_.claim()) {
        drive_writer();
    }
    return error;
}

void StreamCore::close() noexcept {
    raise_to(end_request_, EndRequest::closed);
    if (writer_.claim()) {
        drive_writer();
    }
    if (reader_.claim()) {
        drive_reader();
    }
    stream_->leave();
}

void StreamCore::reset() noexcept {
    raise_to(end_request_, EndRequest::reset);
    close();
}

void StreamCore::drop() noexcept {
    const EndRequest end_request = end_request_.load(std::memory_order_acquire);
    if (end_request == EndRequest::shutdown) {
        close();
    } else if (end_request == EndRequest::open) {
        reset();
    }
}

void StreamCore::wake() noexcept {
    // The rest of an aborted stream is never read, whether or not a read is in progress.
    if (is_aborted() ? reader_.claim() : reader_.wake()) {
        drive_reader();
    }
    if (writer_.wake()) {
        drive_writer();
    }
}

// Runs `settle`. A failure inside (memory, a bug) ends this stream and not the process.
StreamCore::Outcome StreamCore::guarded(Outcome (StreamCore::*settle)()) noexcept {
    try {
        return (this->*settle)();
    } catch (const std::bad_alloc&) {
        return {true, asio::error::no_memory, 0};
    } catch (...) {
        stream_->abort(wire::Code::internal);
        return {true, errc::internal, 0};
    }
}

// --- reading ---

void StreamCore::drive_reader() noexcept {
    ReadOperation* read_done = nullptr;
    OpenOperation* open_done = nullptr;
    std::shared_ptr<OpenAttempt> attempt;  // destroyed at the end: its timer is not needed any more
    Outcome outcome;
    while (true) {
        if (is_aborted()) {
            while (stream_->front() != nullptr) {
                stream_->drop_front();
            }
        }
        if (read_ != nullptr) {
            outcome = guarded(&StreamCore::settle_read);
            read_done = outcome.done ? std::exchange(read_, nullptr) : nullptr;
        } else if (open_ != nullptr) {
            outcome = guarded(&StreamCore::settle_open);
            open_done = outcome.done ? std::exchange(open_, nullptr) : nullptr;
            attempt = outcome.done ? std::exchange(open_attempt_, nullptr) : nullptr;
        }
        bool outstanding = read_ != nullptr || open_ != nullptr || (closed() && linger());
        if (outstanding ? stream_->try_park_receive() && reader_.park() : reader_.end()) {
            break;
        }
    }
    if (read_done != nullptr) {
        read_done->complete(outcome.error, outcome.bytes);
    } else if (open_done != nullptr && outcome.error) {
        if (open_end_.load(std::memory_order_acquire) != OpenEnd::none) {
            refuse(wire::Code::cancelled);  // overtakes: the stream must no longer be accepted
        } else {
            drop();
        }
        open_done->complete(outcome.error, Stream());
    } else if (open_done != nullptr) {
        add_ref();
        Stream opened(StreamRef(this), open_done->executor);
        open_done->complete({}, std::move(opened));
    }
}

// Settles a read. The stream's end is loaded before the queue is checked, so that bytes received before the trunk was
// lost are still read.
StreamCore::Outcome StreamCore::settle_read() {
    if (closed() || cancelled_read_.load(std::memory_order_acquire) >= read_->serial) {
        return {true, asio::error::operation_aborted, 0};
    }
    const mux::StreamEnd stream_end = stream_->stream_end();
    if (stream_end.kind != mux::StreamEnd::Kind::aborted) {
        std::size_t bytes = copy_inbound(read_->buffers);
        if (bytes > 0) {
            return {true, {}, bytes};
        }
        if (receive_ended_) {
            return {true, receive_end_, 0};
        }
    }
    return {static_cast<bool>(stream_end), stream_end_error_now(stream_end), 0};
}

StreamCore::Outcome StreamCore::settle_open() {
    if (const OpenEnd end = open_end_.load(std::memory_order_acquire); end != OpenEnd::none) {
        return {true, end == OpenEnd::timed_out ? make_error_code(errc::timed_out) : asio::error::operation_aborted, 0};
    }
    const mux::StreamEnd stream_end = stream_->stream_end();
    const mux::StreamItem* item = stream_end ? nullptr : stream_->front();
    if (item != nullptr && item->kind == mux::StreamItem::Kind::reset) {
        return {true, reset_error(item->code), 0};
    }
    if (stream_->accepted() && !stream_end) {
        return {true, {}, 0};
    }
    return {static_cast<bool>(stream_end), stream_end_error_now(stream_end), 0};
}

// Fills `buffers` from the queue. Reaching the end sets receive_ended_; if there were bytes before it, the next read
// reports it.
std::size_t StreamCore::copy_inbound(const ReadBuffers& buffers) {
    std::size_t total = 0;
    for (const asio::mutable_buffer& piece : buffers) {
        std::size_t filled = 0;
        while (filled < piece.size() && !receive_ended_) {
            mux::StreamItem* item = stream_->front();
            if (item == nullptr) {
                break;
            }
            if (item->kind == mux::StreamItem::Kind::fin || item->kind == mux::StreamItem::Kind::reset) {
                receive_ended_ = true;
                receive_end_ = item->kind == mux::StreamItem::Kind::fin ? asio::error::make_error_code(asio::error::eof)
                                                                        : reset_error(item->code);
                stream_->drop_front();
                break;
            }
            if (item->kind != mux::StreamItem::Kind::data || item->slice.empty()) {
                stream_->drop_front();
                continue;
            }
            auto n = static_cast<std::uint32_t>(std::min<std::size_t>(piece.size() - filled, item->slice.size()));
            std::memcpy(static_cast<std::uint8_t*>(piece.data()) + filled, item->slice.data(), n);
            stream_->consume(n);
            filled += n;
        }
        total += filled;
        if (filled < piece.size()) {
            break;
        }
    }
    if (total > 0) {
        stream_->count_delivered(total);
    }
    return total;
}

// Discards what arrives after close. True while more may arrive.
bool StreamCore::linger() noexcept try {
    while (!receive_ended_) {
        const mux::StreamItem* item = stream_->front();
        if (item == nullptr) {
            break;
        }
        receive_ended_ = item->kind == mux::StreamItem::Kind::fin || item->kind == mux::StreamItem::Kind::reset;
        lingered_ += item->slice.size();
        stream_->drop_front();
    }
    if (!receive_ended_ && lingered_ > linger_bytes_max) {
        stream_->abort_behind(wire::Code::cancelled);
        receive_ended_ = true;
    }
    return !receive_ended_ && !stream_->stream_end();
} catch (...) {
    stream_->abort(wire::Code::internal);
    receive_ended_ = true;
    return false;
}

// --- writing ---

void StreamCore::drive_writer() noexcept {
    WriteOperation* done = nullptr;
    Outcome outcome;
    while (true) {
        if (write_ != nullptr) {
            outcome = guarded(&StreamCore::settle_write);
            done = outcome.done ? std::exchange(write_, nullptr) : nullptr;
        }
        if (write_ == nullptr) {
            end_sending();
        }
        if (write_ != nullptr ? stream_->try_park_send() && writer_.park() : writer_.end()) {
            break;
        }
    }
    if (done != nullptr) {
        done->complete(outcome.error, outcome.bytes);
    }
}

StreamCore::Outcome StreamCore::settle_write() {
    if (closed() || cancelled_write_.load(std::memory_order_acquire) >= write_->serial) {
        return {true, asio::error::operation_aborted, 0};
    }
    if (end_request_.load(std::memory_order_acquire) == EndRequest::shutdown) {
        return {true, asio::error::broken_pipe, 0};
    }
    if (std::error_code error = send_error()) {
        return {true, error, 0};
    }
    std::size_t bytes = copy_outbound(write_->buffers);
    return {bytes > 0, {}, bytes};
}

// Performs the end that the application wished for, once. A reset may still follow an end.
void StreamCore::end_sending() noexcept try {
    const EndRequest end_request = end_request_.load(std::memory_order_acquire);
    if (stream_->send_is_dead()) {
        return;
    }
    if (end_request == EndRequest::reset && sent_end_ != SentEnd::reset) {
        sent_end_ = SentEnd::reset;
        stream_->reset(wire::Code::cancelled);
    } else if (end_request != EndRequest::open && sent_end_ == SentEnd::none) {
        sent_end_ = SentEnd::fin;
        stream_->finish();
    }
} catch (...) {
    stream_->abort(wire::Code::internal);
}

namespace {

// Takes bytes from a buffer list, piece by piece.
class Gather {
public:
    explicit Gather(const WriteBuffers& buffers) : piece_(buffers.begin()), end_(buffers.end()) {
        for (const asio::const_buffer& piece : buffers) {
            left_ += piece.size();
        }
    }

    std::size_t left() const noexcept { return left_; }

    void take(std::uint8_t* to, std::size_t n) noexcept {
        left_ -= n;
        while (n > 0 && piece_ != end_) {
            std::size_t part = std::min(n, piece_->size() - offset_);
            std::memcpy(to, static_cast<const std::uint8_t*>(piece_->data()) + offset_, part);
            to += part;
            n -= part;
            offset_ += part;
            if (offset_ == piece_->size()) {
                ++piece_;
                offset_ = 0;
            }
        }
    }

private:
    const asio::const_buffer* piece_;
    const asio::const_buffer* end_;
    std::size_t offset_ = 0;
    std::size_t left_ = 0;
};

}  // namespace

// Copies into one slab for all payloads of this call, each with room for its header before it, so that they are sent in
// one piece.
std::size_t StreamCore::copy_outbound(const WriteBuffers& buffers) {
    if (!stream_->can_send()) {
        return 0;
    }
    Gather gather(buffers);
    const std::uint32_t queued = std::min(stream_->queued_bytes(), limits::send_queue_max);
    const std::size_t room = std::max<std::size_t>(limits::send_queue_max - queued, limits::data_payload_max);
    const std::size_t want = std::min({gather.left(), room, std::size_t{stream_->read_size_max()}});
    const std::size_t frames = (want + limits::data_payload_max - 1) / limits::data_payload_max;
    buffer::SlabPtr slab = buffer::make_slab(static_cast<std::uint32_t>(want + frames * limits::frame_header_bytes));
    std::size_t total = 0;
    std::uint32_t offset = 0;
    while (total < want && stream_->can_send()) {
        auto n = static_cast<std::uint32_t>(std::min(want - total, limits::data_payload_max));
        offset += static_cast<std::uint32_t>(limits::frame_header_bytes);
        gather.take(slab->data() + offset, n);
        stream_->send(buffer::Slice(slab, offset, n), true);
        offset += n;
        total += n;
    }
    stream_->flush();
    return total;
}

// Why nothing can be sent. The code that loses the session sets the stream's end first and then marks sending as ended,
// so this checks in the opposite order: in the same order, a loss between the two checks would look like the peer's
// reset.
std::error_code StreamCore::send_error() const noexcept {
    const bool is_dead = stream_->send_is_dead();
    if (const mux::StreamEnd stream_end = stream_->stream_end()) {
        return stream_end_error_now(stream_end);
    }
    return is_dead ? asio::error::make_error_code(asio::error::connection_reset) : std::error_code();
}

std::error_code StreamCore::stream_end_error_now(const mux::StreamEnd& stream_end) const noexcept {
    return stream_end_error(stream_end, owner_ && owner_->stopped());
}

}  // namespace ferrotunnel::detail
