#include "mux/outbox.hpp"

#include <algorithm>

namespace ferrotunnel::mux {

using wire::Code;
using wire::FrameType;
using wire::StreamId;

namespace {

// The largest number of refused opens whose RESET is not sent yet.
constexpr std::size_t refusals_max = limits::opens_unanswered_max;

}  // namespace

bool Outbox::send(std::vector<std::uint8_t> frame) {
    if (urgent_bytes_ + frame.size() > limits::urgent_bytes_max) {
        return false;
    }
    push(std::move(frame));
    return true;
}

void Outbox::send_goaway(const wire::Goaway& goaway) {
    std::vector<std::uint8_t> frame(wire::goaway_frame_max);
    frame.resize(wire::encode_goaway(goaway, frame.data()));
    push(std::move(frame));
}

void Outbox::push(std::vector<std::uint8_t> frame) {
    urgent_bytes_ += frame.size();
    urgent_.push_back(std::move(frame));
    waker_.wake();
}

bool Outbox::count_pong() noexcept {
    if (pongs_waiting_ >= limits::pongs_pending_max) {
        return false;
    }
    ++pongs_waiting_;
    return true;
}

bool Outbox::refuse(StreamId id, Code code) {
    if (refusals_.size() >= refusals_max) {
        return false;
    }
    refusals_.emplace_back(id, code);
    waker_.wake();
    return true;
}

void Outbox::abort(const Abort& abort) {
    aborts_.push_back(abort);
    waker_.wake();
}

std::uint64_t Outbox::write_urgent(Batch& batch) {
    std::uint64_t frames = 0;
    while (!urgent_.empty() && batch.has_room()) {
        const std::vector<std::uint8_t>& frame = urgent_.front();
        std::copy(frame.begin(), frame.end(), batch.scratch(frame.size()));
        batch.commit(frame.size());
        const wire::FrameHeader header = wire::decode_header(frame.data());
        if (header.type == FrameType::ping && (header.flags & wire::flag::ack) != 0) {
            --pongs_waiting_;
        }
        urgent_bytes_ -= frame.size();
        urgent_.pop_front();
        ++frames;
    }
    return frames;
}

std::uint64_t Outbox::write_resets(Batch& batch) {
    std::uint64_t frames = 0;
    while (!refusals_.empty() && batch.has_room()) {
        const auto [id, code] = refusals_.front();
        refusals_.pop_front();
        batch.commit(wire::encode_reset(id, {code, 0}, true, batch.scratch(wire::reset_frame_bytes)));
        ++frames;
    }
    while (!aborts_.empty() && batch.has_room()) {
        const auto [delivered, id, code, in_order] = aborts_.front();
        aborts_.pop_front();
        batch.commit(wire::encode_reset(id, {code, delivered}, !in_order, batch.scratch(wire::reset_frame_bytes)));
        ++frames;
    }
    return frames;
}

void Outbox::clear() noexcept {
    urgent_.clear();
    urgent_bytes_ = 0;
    refusals_.clear();
}

}  // namespace ferrotunnel::mux
