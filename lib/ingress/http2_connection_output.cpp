// Writing, deadlines, and the end of an HTTP/2 connection.
#include <algorithm>
#include <cassert>
#include <utility>

#include "base/limits.hpp"
#include "ingress/http2_connection.hpp"

namespace ferrotunnel::ingress {

// Takes frames out of the session until there are none, or no room. Small ones are joined.
void Http2Connection::make_output() {
    while (has_room()) {
        const std::string_view bytes = session_->next_output(edge_.worker.now());
        if (bytes.empty()) {
            break;
        }
        texts_.append(bytes);
    }
    flush_texts();
}

void Http2Connection::add(std::string_view frame_header, buffer::Slice data) {
    texts_.append(frame_header);
    if (data.size() < limits::copy_below) {
        texts_.append(as_text(data.bytes()));
        return;
    }
    flush_texts();
    out_.add(std::move(data));
}

void Http2Connection::flush_texts() {
    out_.add_copy(texts_);
    texts_.clear();
    if (texts_.capacity() > limits::copy_below) {
        std::string().swap(texts_);
    }
}

// --- ending ---

void Http2Connection::enter(Phase next) noexcept {
    assert(next > phase_);
    phase_ = next;
}

// Checks whether the connection has to end, or waits for its next request.
void Http2Connection::check_end() {
    if (phase_ == Phase::open &&
        (drain_wanted_ || edge_.draining() || requests_ >= edge_.settings().requests_per_connection)) {
        announce_end();
    }
    if (phase_ == Phase::announced && streams_.empty()) {
        send_final_goaway();
    }
    if (session_->failed()) {
        static constexpr LogCategory broke{"http2_failed"};
        if (edge_.log.may_write(LogLevel::info, broke, edge_.worker.now())) {
            edge_.log.info("a visitor's HTTP/2 connection was closed",
                           {{"visitor", visitor_.address}, {"why", session_->why()}});
        }
        exchange::EdgeCounters::add(edge_.counters.requests_refused);
        drop_streams();
    }
    if (session_->failed() || session_->is_over()) {
        begin_ending();
        return;
    }
    const bool is_reading = begin_ != end_ || session_->is_reading_head();
    if (streams_.empty() && phase_ == Phase::open && !is_idle_ && !is_reading) {
        set_idle();  // the part of a head that has arrived by now would be lost
    }
}

// Announces the end of the connection. Requests that the visitor sends before it has read that are still accepted.
void Http2Connection::announce_end() {
    enter(Phase::announced);
    leave_idle();
    if (!streams_.empty()) {
        session_->announce_end();
        set_due(edge_.worker.now() + h2::goaway_wait);
        steps_.request_rerun();
    }
}

void Http2Connection::send_final_goaway() {
    enter(Phase::going);
    set_due(never);
    session_->go_away();
    steps_.request_rerun();
}

void Http2Connection::begin_ending() {
    drop_streams();
    while (true) {  // GOAWAY, if there is one
        const std::string_view bytes = session_->next_output(edge_.worker.now());
        if (bytes.empty()) {
            break;
        }
        texts_.append(bytes);
    }
    flush_texts();
    leave_idle();
    enter(Phase::ending);
    set_due(never);
    steps_.request_rerun();
}

// Ends the connection when everything was written: our direction first, then the visitor's.
bool Http2Connection::end_sending() {
    if (!out_.empty() || pipe_->has_pending()) {
        return false;
    }
    pipe_->shutdown();
    if (socket_.peer_has_ended()) {
        close(false);
        return false;
    }
    enter(Phase::lingering);
    begin_lingering();
    return true;
}

void Http2Connection::visitor_lost() {
    exchange::EdgeCounters::add(edge_.counters.visitors_lost, streams_.size());
    close(true);
}

void Http2Connection::drain() noexcept {
    drain_wanted_ = true;
    leave_idle();
    if (!is_running()) {
        edge_.worker.defer(*this);
    }
    steps_.request_rerun();
}

void Http2Connection::release_resources() noexcept {
    enter(Phase::closed);
    leave_idle();
    drop_streams();
    session_.reset();
}

// --- time ---

// Waits for the next request, and releases everything that is not needed for it.
void Http2Connection::set_idle() {
    if (!session_->is_greeted() || !out_.empty()) {
        return;  // the earlier deadline, or that of the output, applies
    }
    idle_place_ = edge_.enter_idle(*this);
    is_idle_ = true;
    session_->release_spare();
    std::vector<Http2Stream*>().swap(ready_);
    std::vector<std::unique_ptr<Http2Stream>>().swap(streams_);
    set_due(edge_.worker.now() + edge_.settings().idle_timeout);
}

void Http2Connection::leave_idle() noexcept {
    if (std::exchange(is_idle_, false)) {
        edge_.leave_idle(idle_place_);
    }
}

void Http2Connection::on_due() {
    switch (phase_) {
        case Phase::open:
            if (streams_.empty()) {
                drain_wanted_ = true;  // idle, or has never begun
            } else if (session_->is_reading_head()) {
                close(true);
            }
            return;
        case Phase::announced:
            send_final_goaway();
            return;
        case Phase::lingering:
            close(false);
            return;
        case Phase::going:
        case Phase::ending:
        case Phase::closed:
            return;
    }
}

}  // namespace ferrotunnel::ingress
