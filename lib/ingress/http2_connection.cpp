// Reading and the streams; http2_connection_output.cpp writes and ends.
#include "ingress/http2_connection.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/limits.hpp"

namespace ferrotunnel::ingress {

using runtime::IoResult;

namespace {

constexpr auto input_headroom = static_cast<std::uint32_t>(limits::frame_header_bytes);
/// The size of one read: for DATA no more than a frame of the trunk holds.
constexpr auto input_read = static_cast<std::uint32_t>(limits::data_payload_max);
/// A smaller rest of a slab is not worth a read.
constexpr std::uint32_t input_worth_reading = 4 * 1024;

h2::ServerLimits limits_of(const exchange::EdgeSettings& settings) {
    return {settings.http2_streams, settings.http2_stream_window, settings.http2_connection_window,
            settings.http2_websockets, exchange::head_limits(settings)};
}

}  // namespace

Http2Connection::Http2Connection(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe,
                                 exchange::VisitorFacts visitor, login::ConnectionTicket ticket)
    : EdgeConnection(edge, std::move(pipe), std::move(visitor), std::move(ticket)),
      session_(std::make_unique<h2::ServerSession>(limits_of(edge_.settings()), static_cast<h2::ServerUser&>(*this))),
      stream_needs_{edge_, visitor_, *session_, *this} {
    visitor_.http2 = true;
}

Http2Connection::~Http2Connection() = default;

void Http2Connection::adopt(EdgeWorker& edge, std::unique_ptr<transport::Pipe> pipe, exchange::VisitorFacts visitor,
                            login::ConnectionTicket ticket, std::string_view first) {
    const auto made = IntrusivePtr<Http2Connection>::adopt(
        new Http2Connection(edge, std::move(pipe), std::move(visitor), std::move(ticket)));
    if (!first.empty()) {
        made->make_room();
        std::memcpy(made->slab_->data() + made->begin_, first.data(), first.size());
        made->end_ = made->begin_ + static_cast<std::uint32_t>(first.size());
    }
    edge.enter(*made);
    try {
        made->pipe_->watch(edge.worker.poller(), *made, true);
    } catch (...) {
        edge.leave(*made);
        throw;
    }
    made->self_ = made;
    made->set_due(edge.worker.now() + edge.settings().head_timeout);
    edge.worker.defer(*made);
}

// --- its work ---

void Http2Connection::ready(Http2Stream& stream) noexcept {
    if (!std::exchange(stream.is_ready, true)) {
        ready_.push_back(&stream);  // there is room for all streams
        if (!is_running()) {
            edge_.worker.defer(*this);
        }
    }
}

bool Http2Connection::advance() {
    bool moved = false;
    if (is_live()) {
        moved = read_input();
    }
    if (is_live()) {
        move_streams();
        make_output();
        forget_closed();
    }
    if (phase_ != Phase::closed) {
        moved = write_output() || moved;
    }
    if (is_live()) {
        check_end();
    }
    if (phase_ == Phase::ending) {
        moved = end_sending() || moved;
    }
    if (phase_ == Phase::lingering) {
        moved = linger() || moved;
    }
    return moved || (is_live() && !ready_.empty());
}

// --- reading ---

void Http2Connection::make_room() {
    if (slab_ && slab_->unique()) {
        end_ = used_ = 0;
    }
    if (!slab_ || end_ + input_headroom + input_worth_reading > slab_->capacity()) {
        const bool uploads =
            std::any_of(streams_.begin(), streams_.end(), [](const auto& stream) { return stream->is_uploading(); });
        // A slab of many windows is pinned by each slice of it: used only if a body arrives so fast that all are used,
        // or if there is no body to pin it.
        slab_ = bulk_ || !uploads ? edge_.worker.slabs().acquire() : buffer::make_slab(input_headroom + input_read);
        end_ = used_ = 0;
    }
    begin_ = end_ = end_ + input_headroom;
}

// Reads once, unless a part of the last read is left or our output waits.
bool Http2Connection::read_input() {
    if (!has_room()) {
        return false;
    }
    if (begin_ == end_ && socket_.can_read()) {
        make_room();
        const std::uint32_t size = std::min(slab_->capacity() - end_, input_read);
        const IoResult result = pipe_->read(MutableBytes(slab_->data() + end_, size));
        end_ += static_cast<std::uint32_t>(result.bytes);
        bulk_ = result.bytes == input_read;
        note_read(result);
    }
    if (socket_.peer_is_lost()) {
        visitor_lost();
        return false;
    }
    const bool moved = begin_ != end_;
    if (moved) {
        process_input();
    } else if (socket_.peer_has_ended()) {
        const auto waits = [](const auto& stream) { return !stream->is_answered(); };
        if (std::any_of(streams_.begin(), streams_.end(), waits)) {
            visitor_lost();
        } else {
            begin_ending();
        }
        return false;
    }
    if (begin_ == end_ && !socket_.can_read() && slab_ && slab_->unique()) {
        drop_input();
    }
    return moved;
}

void Http2Connection::process_input() {
    const std::size_t taken = session_->receive(as_text({slab_->data() + begin_, end_ - begin_}), edge_.worker.now());
    begin_ += static_cast<std::uint32_t>(taken);
    if (begin_ != end_) {
        yield_requested_ = true;  // enough requests have begun
    }
    if (phase_ == Phase::open && !streams_.empty()) {
        const bool goes_on = session_->is_reading_head() && due_ != never;
        set_due(goes_on                       ? due_
                : session_->is_reading_head() ? edge_.worker.now() + edge_.settings().head_timeout
                                              : never);
    }
    if (std::exchange(end_acknowledged_, false) && phase_ == Phase::announced) {
        send_final_goaway();
    }
}

// --- streams ---

h2::ServerStream* Http2Connection::on_request(h2::RequestText& text, http::Fault fault, bool has_body) {
    if (!is_live()) {
        return nullptr;
    }
    auto stream = std::make_unique<Http2Stream>(stream_needs_);
    ready_.reserve(streams_.size() + 1);
    streams_.push_back(std::move(stream));
    leave_idle();
    set_due(never);
    ++requests_;
    streams_.back()->begin(text, fault, has_body);
    return streams_.back().get();
}

void Http2Connection::move_streams() {
    std::vector<Http2Stream*> now;
    now.swap(ready_);
    ready_.reserve(std::max(streams_.size(), now.capacity()));
    for (Http2Stream* const stream : now) {
        stream->is_ready = false;
        if (!stream->is_closed()) {
            stream->move();
        }
    }
}

// Removes streams that are over, once none of their functions is running.
void Http2Connection::forget_closed() {
    std::erase_if(ready_, [](Http2Stream* stream) {
        if (stream->is_closed()) {
            stream->is_ready = false;
        }
        return stream->is_closed();
    });
    for (std::size_t i = 0; i < streams_.size();) {
        if (!streams_[i]->is_closed()) {
            ++i;
            continue;
        }
        std::swap(streams_[i], streams_.back());
        streams_.pop_back();
    }
}

void Http2Connection::drop_streams() noexcept {
    for (const auto& stream : streams_) {
        session_->forget(*stream);
        stream->drop();
    }
    ready_.clear();
    streams_.clear();
}

void Http2Connection::on_end_acknowledged() noexcept {
    end_acknowledged_ = true;
}

bool Http2Connection::has_room() const noexcept {
    return out_.has_room() && out_.bytes() + texts_.size() < h2::output_max;
}

}  // namespace ferrotunnel::ingress
