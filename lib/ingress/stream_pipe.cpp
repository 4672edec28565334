#include "ingress/stream_pipe.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

#include "base/limits.hpp"
#include "buffer/waker.hpp"
#include "runtime/deferred.hpp"

namespace ferrotunnel::ingress {

using mux::StreamItem;
using runtime::IoResult;
using runtime::IoStatus;

/// Calls the target at the end of the round in which the stream has woken it: the session may be at work until then.
class StreamPipe::Events final : public buffer::Waker, private runtime::Deferred {
public:
    Events(runtime::Worker& worker, const mux::Stream& stream) : worker_(worker), stream_(&stream) {}

    void set_target(runtime::PollTarget* target) noexcept { target_ = target; }
    /// The pipe has gone: nobody is called any more.
    void end() noexcept {
        target_ = nullptr;
        stream_ = nullptr;
        cancel_deferred();
    }

    void wake() noexcept override {
        check_here(worker_);
        if (stream_ != nullptr) {
            worker_.defer(*this);
        }
    }

private:
    // An aborted or lost stream is a reset connection: nothing that waits in it is read.
    void run_deferred() noexcept override {
        if (target_ != nullptr) {
            const bool is_lost = static_cast<bool>(stream_->stream_end());
            const IntrusivePtr<Events> keep(this);
            target_->on_events(is_lost ? EPOLLIN | EPOLLOUT | EPOLLERR : EPOLLIN | EPOLLOUT);
        }
    }

    runtime::Worker& worker_;
    const mux::Stream* stream_;  // null once the pipe has gone
    runtime::PollTarget* target_ = nullptr;
};

StreamPipe::StreamPipe(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream)
    : stream_(std::move(stream)), events_(make_intrusive<Events>(worker, *stream_)) {
    check_here(worker);
    stream_->attach(events_, false);
}

StreamPipe::~StreamPipe() {
    events_->end();
    if (!has_ended_) {
        abort(wire::Code::cancelled);
    }
    stream_->stop_receiving();
    stream_->leave();
}

void StreamPipe::watch(runtime::Poller& /*poller*/, runtime::PollTarget& target, bool /*output*/) {
    events_->set_target(&target);
    events_->wake();  // as a socket's first event
}

void StreamPipe::unwatch(runtime::Poller& /*poller*/, runtime::PollTarget& /*target*/) noexcept {
    events_->set_target(nullptr);
}

// --- reading ---

IoResult StreamPipe::read(MutableBytes into) noexcept try {
    std::size_t bytes = 0;
    while (bytes < into.size()) {
        StreamItem* const item = stream_->front();
        if (stream_->stream_end()) {
            return {bytes, IoStatus::error, {}};
        }
        if (item == nullptr) {
            if (stream_->try_park_receive()) {
                return {bytes, IoStatus::would_block, {}};
            }
            continue;
        }
        if (item->kind == StreamItem::Kind::fin) {
            return {bytes, IoStatus::eof, {}};
        }
        if (item->kind != StreamItem::Kind::data) {
            return {bytes, IoStatus::error, {}};
        }
        const auto n = static_cast<std::uint32_t>(std::min<std::size_t>(item->slice.size(), into.size() - bytes));
        if (n > 0) {
            std::memcpy(into.data() + bytes, item->slice.bytes().data(), n);
        }
        stream_->consume(n);
        bytes += n;
        unconfirmed_ += n;
        counters_.bytes_in += n;
    }
    return {bytes, IoStatus::ok, {}};
} catch (const std::exception&) {
    return {0, IoStatus::error, {}};
}

void StreamPipe::confirm_input() noexcept {
    stream_->count_delivered(std::exchange(unconfirmed_, 0));
}

// --- writing ---

// Whether the stream accepts a piece; otherwise its wake is armed, or nothing would reach the other server any more.
bool StreamPipe::has_room() noexcept {
    while (!stream_->can_send()) {
        if (stream_->send_is_dead() || stream_->try_park_send()) {
            return false;
        }
    }
    return true;
}

IoResult StreamPipe::write(std::span<const Bytes> pieces) noexcept try {
    std::size_t bytes = 0;
    std::size_t offset = 0;  // within the first of `pieces`
    while (!pieces.empty() && !has_ended_ && has_room()) {
        bytes += send_some(pieces, offset);
    }
    stream_->flush();
    counters_.bytes_out += bytes;
    counters_.bytes_copied += bytes;
    const bool is_dead = has_ended_ || stream_->send_is_dead();
    return {bytes, is_dead ? IoStatus::error : pieces.empty() ? IoStatus::ok : IoStatus::would_block, {}};
} catch (const std::exception&) {
    return {0, IoStatus::error, {}};
}

// Copies as much of the pieces as one frame carries, and sends it.
std::uint32_t StreamPipe::send_some(std::span<const Bytes>& pieces, std::size_t& offset) {
    const std::size_t most = std::min<std::size_t>(limits::data_payload_max, stream_->read_size_max());
    std::size_t size = 0;
    for (std::size_t i = 0; i < pieces.size() && size < most + offset; ++i) {
        size += pieces[i].size();
    }
    size = std::min(most, size - offset);
    constexpr auto headroom = static_cast<std::uint32_t>(limits::frame_header_bytes);
    buffer::SlabPtr slab = buffer::make_slab(headroom + static_cast<std::uint32_t>(size));
    std::uint32_t filled = 0;
    while (!pieces.empty() && (filled < size || pieces.front().empty())) {
        const Bytes rest = pieces.front().subspan(offset);
        const std::size_t n = std::min(rest.size(), size - filled);
        std::memcpy(slab->data() + headroom + filled, rest.data(), n);
        filled += static_cast<std::uint32_t>(n);
        offset += n;
        if (offset == pieces.front().size()) {
            pieces = pieces.subspan(1);
            offset = 0;
        }
    }
    if (filled > 0) {
        stream_->send({std::move(slab), headroom, filled}, true);
    }
    return filled;
}

// --- ending ---

void StreamPipe::end_sending() noexcept {
    if (std::exchange(has_ended_, true) || stream_->send_is_dead()) {
        return;
    }
    try {
        stream_->finish();
    } catch (const std::exception&) {
        stream_->abort(wire::Code::internal);
    }
}

void StreamPipe::abort(wire::Code code) noexcept {
    has_ended_ = true;
    stream_->abort(code);
}

}  // namespace ferrotunnel::ingress
