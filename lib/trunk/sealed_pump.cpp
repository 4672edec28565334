#include "trunk/sealed_pump.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/limits.hpp"
#include "trunk/sealed_stream.hpp"

namespace ferrotunnel::trunk {

using mux::StreamItem;
using runtime::IoResult;
using runtime::IoStatus;
using transport::Sealed;
using wire::Code;

SealedPump::SealedPump(runtime::Worker& worker, IntrusivePtr<TrafficCounter> traffic,
                       std::shared_ptr<const transport::SealContext> seal, TimePoint deadline, Outcome outcome,
                       PermitPtr ticket)
    : Pump(worker, std::move(traffic)),
      seal_(std::move(seal)),
      sealed_(*seal_),
      ticket_(std::move(ticket)),
      outcome_(std::move(outcome)),
      handshake_(std::make_unique<runtime::Timer>(worker, [this] {
          const IntrusivePtr<SealedPump> keep(this);
          handshake_failed(late_text);
      })) {
    handshake_->set(deadline);
}

SealedPump::~SealedPump() {
    close(true);
}

void SealedPump::set_socket(runtime::Fd socket) {
    if (watch(socket.get(), true)) {
        socket_ = std::move(socket);
        begin();
    }
}

// --- the handshake ---

// True once the key was proved. Reads until the stream is parked.
bool SealedPump::shake_hands() {
    while (!is_closed() && sealed_.state() != Sealed::State::open) {
        std::string why;
        const Sealed::State state = sealed_.shake_hands(why);
        send_sealed();
        if (state == Sealed::State::failed) {
            handshake_failed(why);
        } else if (state == Sealed::State::open) {
            handshake_->cancel();
            ticket_.reset();
            outcome_({});
        } else if (StreamItem* const item = stream_->front(); item == nullptr) {
            if (stream_->try_park_receive()) {
                return false;
            }
        } else if (item->kind == StreamItem::Kind::data) {
            sealed_.put(item->slice.bytes());
            stream_->consume(item->slice.size());
        } else if (item->kind == StreamItem::Kind::reset) {
            handshake_failed(describe_end({mux::StreamEnd::Kind::aborted, item->code}));
        } else {
            handshake_failed(ended_early_text);
        }
    }
    return !is_closed();
}

// The reset is queued after the alert, and reports the same.
void SealedPump::handshake_failed(const std::string& why) {
    if (is_closed()) {
        return;
    }
    if (!std::exchange(reported_, true)) {
        outcome_(why);
    }
    stream_->reset(Code::unauthorized);
    close(true);
}

void SealedPump::send_sealed() {
    if (send_sealed_output(sealed_, *stream_)) {
        stream_->flush();
    }
}

// --- from the socket ---

bool SealedPump::read_once() {
    std::array<std::uint8_t, Sealed::plain_max> plain;
    const IoResult result = runtime::read_some(socket_.get(), MutableBytes(plain));
    traffic_->moved(&Traffic::from_sockets, result.bytes);
    if (result.bytes > 0) {
        const MutableBytes piece(plain);
        show_read({&piece, 1}, result.bytes);
        sealed_.write(Bytes(plain).first(result.bytes));
        send_sealed();
    }
    if (result.status == IoStatus::eof && !is_broken()) {
        sealed_.finish();
        send_sealed();
    }
    return after_read(result, plain.size());
}

// --- to the socket ---

void SealedPump::send() {
    while (!is_closed() && writing_ && readiness_.is_writable() && write_once()) {
    }
    if (is_closed() || !ended_ || is_broken()) {
        return;
    }
    // After the peer's sealed end only a reset matters.
    do {
        for (StreamItem* item = stream_->front(); item != nullptr && item->kind != StreamItem::Kind::reset;
             item = stream_->front()) {
            stream_->drop_front();
        }
    } while (stream_->front() == nullptr && !stream_->try_park_receive());
    if (is_reset_behind_end()) {
        reset_acknowledged();
    }
}

// False if there is nothing more to do now.
bool SealedPump::write_once() {
    if (!left_.empty()) {
        const std::vector<std::uint8_t> left = std::exchange(left_, {});
        return write_plain(left);
    }
    std::array<std::uint8_t, 16'384> plain;
    const Sealed::Got got = sealed_.read(MutableBytes(plain));
    if (got.failed) {
        cut();
        return false;
    }
    if (got.bytes > 0) {
        heard_ = true;
        return write_plain(Bytes(plain).first(got.bytes));
    }
    if (sealed_.peer_has_ended()) {
        if (reading_) {
            (void)runtime::shutdown_send(socket_.get());
        }
        writing_ = false;
        ended_ = true;
        return false;
    }
    return unseal_front();
}

bool SealedPump::write_plain(Bytes plain) {
    const IoResult result = runtime::write_some(socket_.get(), plain);
    traffic_->moved(&Traffic::to_sockets, result.bytes);
    show_written(plain.first(result.bytes));
    stream_->count_delivered(result.bytes);
    if (result.status == IoStatus::error) {
        end_failed();
        return false;
    }
    left_.assign(plain.begin() + static_cast<std::ptrdiff_t>(result.bytes), plain.end());
    readiness_.set_writable(result.status == IoStatus::ok);
    return readiness_.is_writable();
}

// Gives the oldest item to the seal.
bool SealedPump::unseal_front() {
    StreamItem* const item = stream_->front();
    if (item == nullptr) {
        return !stream_->try_park_receive();
    }
    if (item->kind == StreamItem::Kind::reset) {
        reset_acknowledged();
        return false;
    }
    if (item->kind == StreamItem::Kind::data) {
        sealed_.put(item->slice.bytes());
        stream_->consume(item->slice.size());
        return true;
    }
    cut();  // an end that the peer has not sealed
    return false;
}

// Something in between has changed, or cut, what the peer sends.
void SealedPump::cut() {
    if (!std::exchange(reported_, true)) {
        outcome_(cut_text);
    }
    stream_->abort(Code::connection_reset);
    close(true);
}

void SealedPump::close_end(bool reset) noexcept {
    if (handshake_) {
        handshake_->cancel();  // the timer may be the caller; it is destroyed with the pump
    }
    ticket_.reset();
    report_end();
    if (reset && socket_) {
        runtime::reset_close(std::move(socket_));
    }
    socket_.reset();
}

// Reports why a stream that was aborted has failed.
void SealedPump::report_end() noexcept {
    const mux::StreamEnd stream_end = stream_ ? stream_->stream_end() : mux::StreamEnd();
    if (stream_end && !heard_ && !std::exchange(reported_, true)) {
        try {
            outcome_(describe_end(stream_end));
        } catch (const std::exception&) {
            // It is only a report.
        }
    }
}

}  // namespace ferrotunnel::trunk
