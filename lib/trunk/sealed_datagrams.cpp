#include "trunk/sealed_datagrams.hpp"

#include <algorithm>
#include <utility>

#include "base/limits.hpp"
#include "trunk/limits.hpp"
#include "trunk/sealed_stream.hpp"

namespace ferrotunnel::trunk {

using mux::StreamItem;
using transport::Sealed;
using wire::Code;

namespace {

constexpr std::size_t length_bytes = 2;

std::size_t length_of(const std::array<std::uint8_t, length_bytes>& bytes) noexcept {
    return std::size_t{bytes[0]} << 8 | bytes[1];
}

}  // namespace

SealedDatagrams::SealedDatagrams(runtime::Worker& worker, IntrusivePtr<mux::Stream> stream,
                                 std::shared_ptr<const transport::SealContext> seal, TimePoint deadline,
                                 Outcome outcome, PermitPtr ticket, std::function<void()> late)
    : stream_(std::move(stream)),
      context_(std::move(seal)),
      sealed_(*context_),
      ticket_(std::move(ticket)),
      outcome_(std::move(outcome)),
      late_(std::move(late)),
      handshake_(std::in_place, worker, [this] {
          (void)failed(late_text, Code::unauthorized);
          const auto call = late_;  // a copy: the call may destroy this flow
          call();
      }) {
    handshake_->set(deadline);
}

// --- the handshake ---

DatagramFlow::Next SealedDatagrams::is_open() {
    if (over_ || (sealed_.state() == Sealed::State::open && stream_->stream_end())) {
        return Next::over;
    }
    return sealed_.state() == Sealed::State::open ? Next::datagram : shake_hands();
}

DatagramFlow::Next SealedDatagrams::shake_hands() {
    while (sealed_.state() != Sealed::State::open) {
        std::string why;
        const Sealed::State state = sealed_.shake_hands(why);
        send_sealed();
        if (state == Sealed::State::failed) {
            return failed(why, Code::unauthorized);
        }
        if (state == Sealed::State::open) {
            break;
        }
        if (const mux::StreamEnd stream_end = stream_->stream_end()) {
            return failed(describe_end(stream_end), stream_end.code);
        }
        StreamItem* const item = stream_->front();
        if (item == nullptr) {
            if (stream_->try_park_receive()) {
                return Next::nothing;
            }
        } else if (item->kind == StreamItem::Kind::data) {
            sealed_.put(item->slice.bytes());
            stream_->consume(item->slice.size());
        } else if (item->kind == StreamItem::Kind::reset) {
            return failed(describe_end({mux::StreamEnd::Kind::aborted, item->code}), Code::unauthorized);
        } else {
            return failed(ended_early_text, Code::unauthorized);
        }
    }
    handshake_->cancel();
    ticket_.reset();
    outcome_({});
    for (const buffer::Slice& payload : waiting_) {
        seal(payload.bytes());
    }
    waiting_.clear();
    waiting_.shrink_to_fit();
    stream_->flush();
    return Next::datagram;
}

// The reset is queued after an alert, and reports the same.
DatagramFlow::Next SealedDatagrams::failed(const std::string& why, Code code) {
    over_ = true;
    report_outcome(why);
    if (!std::exchange(reset_, true)) {
        stream_->reset(code);
    }
    return Next::over;
}

// --- from the stream ---

DatagramFlow::Next SealedDatagrams::take(buffer::Slice& into) {
    if (const Next open = is_open(); open != Next::datagram) {
        return open;
    }
    while (!over_) {
        bool is_broken = false;
        if (read_whole(into, is_broken)) {
            return Next::datagram;
        }
        if (is_broken) {
            return failed(cut_text, Code::connection_reset);
        }
        if (sealed_.peer_has_ended() || stream_->stream_end()) {
            break;
        }
        StreamItem* const item = stream_->front();
        if (item == nullptr) {
            if (stream_->try_park_receive()) {
                return Next::nothing;
            }
        } else if (item->kind == StreamItem::Kind::data) {
            sealed_.put(item->slice.bytes());
            stream_->consume(item->slice.size());
        } else {
            break;  // datagrams have no end that could be missed
        }
    }
    over_ = true;
    return Next::over;
}

// Reads more of the incoming datagram. True if it is complete. `failed`: the data is not the peer's.
bool SealedDatagrams::read_whole(buffer::Slice& into, bool& failed) {
    for (;;) {
        const bool in_length = have_ < length_bytes;
        const std::size_t size = in_length ? length_bytes : length_bytes + length_of(length_);
        const MutableBytes place = in_length ? MutableBytes(length_).subspan(have_)
                                             : MutableBytes(incoming_.data() + (have_ - length_bytes), size - have_);
        const Sealed::Got got = sealed_.read(place);
        failed = got.failed;
        if (got.bytes == 0) {
            return false;
        }
        have_ += got.bytes;
        if (have_ < size) {
            continue;
        }
        if (!in_length) {
            have_ = 0;
            into = std::move(incoming_);
            stream_->count_delivered(into.size());
            return true;
        }
        const std::size_t length = length_of(length_);
        if (length == 0) {
            have_ = 0;
            into = buffer::Slice::copy_of({});
            return true;
        }
        if (length > limits::datagram_payload_max) {
            failed = true;
            return false;
        }
        incoming_ = {buffer::make_slab(static_cast<std::uint32_t>(length)), 0, static_cast<std::uint32_t>(length)};
    }
}

// --- to the stream ---

void SealedDatagrams::send(buffer::Slice payload, TimePoint) {
    if (over_ || payload.size() > limits::datagram_payload_max) {
        ++no_room_;
        return;
    }
    if (sealed_.state() != Sealed::State::open) {
        if (waiting_.size() >= limits::sealed_waiting_datagrams_max ||
            waiting_bytes_ + payload.size() > limits::sealed_waiting_bytes_max) {
            ++no_room_;
            return;
        }
        waiting_bytes_ += payload.size();
        waiting_.push_back(std::move(payload));
        return;
    }
    if (!has_room()) {
        ++no_room_;
        return;
    }
    seal(payload.bytes());
}

// More than other streams may queue, since senders do not wait here for room; the same as they if the session or the
// process is short of memory.
bool SealedDatagrams::has_room() const noexcept {
    if (stream_->read_size_max() < limits::send_queue_max) {
        return stream_->can_send();
    }
    return !stream_->send_is_dead() && stream_->queued_bytes() < limits::sealed_datagrams_queued_max;
}

void SealedDatagrams::seal(Bytes payload) {
    std::array<std::uint8_t, Sealed::plain_max> plain;
    plain[0] = static_cast<std::uint8_t>(payload.size() >> 8);
    plain[1] = static_cast<std::uint8_t>(payload.size());
    std::size_t used = length_bytes;
    do {
        const std::size_t piece = std::min(payload.size(), plain.size() - used);
        std::copy_n(payload.begin(), piece, plain.begin() + static_cast<std::ptrdiff_t>(used));
        sealed_.write(Bytes(plain).first(used + piece));
        payload = payload.subspan(piece);
        used = 0;
    } while (!payload.empty());
    send_sealed();
}

void SealedDatagrams::send_sealed() {
    if (send_sealed_output(sealed_, *stream_) && sealed_.state() != Sealed::State::open) {
        stream_->flush();  // no other code does during the handshake
    }
}

// --- the end ---

void SealedDatagrams::end(Code code) noexcept {
    handshake_->cancel();
    ticket_.reset();
    if (const mux::StreamEnd stream_end = stream_->stream_end(); stream_end && sealed_.state() != Sealed::State::open) {
        report_outcome(describe_end(stream_end));
    }
    over_ = true;
    if (!reset_) {
        stream_->abort(code);
    }
    stream_->stop_receiving();
}

void SealedDatagrams::report_outcome(const std::string& why) noexcept {
    if (!std::exchange(reported_, true)) {
        try {
            outcome_(why);
        } catch (const std::exception&) {
            // It is only a report.
        }
    }
}

}  // namespace ferrotunnel::trunk
