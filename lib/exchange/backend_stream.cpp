#include "exchange/backend_stream.hpp"

#include <algorithm>
#include <utility>

#include "exchange/backend_pool.hpp"
#include "runtime/turns.hpp"
#include "shaping/lane.hpp"

namespace ferrotunnel::exchange {

using mux::StreamItem;
using wire::Code;

namespace {

/// How long, and how much, a backend may still send on a connection that the edge has ended, before it is reset.
constexpr auto closing_patience = std::chrono::seconds(2);
constexpr std::uint64_t closing_bytes_max = 64 * 1024;

}  // namespace

struct BackendStream::Lanes {
    Lanes(const std::shared_ptr<shaping::VisitorShape>& visitor, BackendStream& stream) noexcept
        : up(visitor, shaping::Direction::up, stream), down(visitor, shaping::Direction::down, stream) {}
    shaping::Lane& of(shaping::Direction direction) noexcept { return direction == shaping::Direction::up ? up : down; }

    shaping::Lane up;
    shaping::Lane down;
    std::size_t granted[2] = {0, 0};  // by direction, in the last request
};

BackendStream::BackendStream(runtime::Worker& worker, runtime::DeadlineWheel& wheel, BackendPool& pool,
                             std::shared_ptr<directory::HttpService> service, directory::HttpService::Carrier carrier,
                             std::uint64_t owner)
    : worker_(worker),
      mailbox_(worker.mailbox()),
      wheel_(wheel),
      pool_(pool),
      service_(std::move(service)),
      carrier_(std::move(carrier)),
      owner_(owner) {
    check_here(worker_);
}

BackendStream::~BackendStream() = default;

void BackendStream::open(const directory::HttpVisitor& visitor, BackendUser& user) {
    check_here(worker_);
    user_ = &user;
    exchanges_ = 1;
    const bool foreign = &carrier_.trunk->worker() != &worker_;
    auto opened = [self = IntrusivePtr<BackendStream>(this)](Result<directory::HttpStream, Code> answer) {
        if (self->worker_.here()) {
            self->on_opened(std::move(answer));
            return;
        }
        IntrusivePtr<mux::Stream> stream = answer ? answer->stream : nullptr;
        const bool posted = self->mailbox_->post_call(
            [self, answer = std::move(answer)]() mutable { self->on_opened(std::move(answer)); });
        if (!posted && stream) {
            stream->abort(Code::cancelled);
        }
    };
    carrier_.trunk->open(carrier_.service, visitor, IntrusivePtr<buffer::Waker>(this), foreign, std::move(opened));
}

void BackendStream::on_opened(Result<directory::HttpStream, Code> opened) noexcept {
    IntrusivePtr<BackendStream> keep(this);
    if (state_ != State::opening) {  // the stream is not wanted any more
        if (opened) {
            opened->stream->abort(Code::cancelled);
        }
        return;
    }
    if (opened) {
        stream_ = std::move(opened->stream);
        counted_ = std::move(opened->counted);
        shape_ = std::move(opened->shape);
        state_ = State::busy;
    } else {
        open_failure_ = opened.error();
        state_ = State::closed;
    }
    if (user_ != nullptr) {
        user_->on_backend_event();
    }
}

void BackendStream::wake() noexcept {
    if (worker_.here()) {
        run();
    } else {
        // Without a worker there is nothing to notify: the edge has dropped its streams, or does so next.
        (void)mail_->post(*mailbox_, *this);
    }
}

void BackendStream::run() noexcept {
    check_here(worker_);
    IntrusivePtr<BackendStream> keep(this);
    switch (state_) {
        case State::opening:
        case State::closed:
            return;
        case State::busy:
            if (user_ != nullptr) {
                user_->on_backend_event();
            }
            return;
        case State::idle:
            if (!is_fresh()) {
                pool_.drop(*this);
            }
            return;
        case State::closing:
            linger();
            return;
    }
}

void BackendStream::on_deadline() noexcept {
    IntrusivePtr<BackendStream> keep(this);
    if (state_ == State::idle) {
        pool_.drop(*this);
    } else if (state_ == State::closing) {
        abort(Code::cancelled);
    }
}

// --- sending and receiving ---

void BackendStream::send(buffer::Slice payload, bool headroom) {
    check_here(worker_);
    sent_ += payload.size();
    if (is_shaped()) {
        count_passed(shaping::Direction::up, payload.size());
    }
    stream_->send(std::move(payload), headroom);
}

void BackendStream::flush() noexcept {
    check_here(worker_);
    if (stream_) {
        stream_->flush();
    }
}

void BackendStream::finish() {
    check_here(worker_);
    if (stream_ && !stream_->send_is_dead()) {
        stream_->finish();
    }
}

void BackendStream::consume(std::uint32_t n) {
    check_here(worker_);
    if (is_shaped()) {
        count_passed(shaping::Direction::down, n);
    }
    stream_->consume(n);
    stream_->count_delivered(n);
}

StreamItem* BackendStream::front_within_rate() {
    StreamItem* const item = peek();
    if (item == nullptr || item->kind != StreamItem::Kind::data || stream_->stream_end()) {
        return item;
    }
    return acquire_bytes(shaping::Direction::down) ? item : nullptr;
}

bool BackendStream::is_receive_throttled() const noexcept {
    return lanes_->down.is_waiting();
}

// --- turns ---

BackendStream::Lanes& BackendStream::lanes() {
    if (!lanes_) {
        lanes_ = std::make_unique<Lanes>(user_->shape_of_visitor(shape_), *this);
    }
    return *lanes_;
}

bool BackendStream::acquire_bytes(shaping::Direction direction) {
    std::size_t& granted = lanes().granted[static_cast<std::size_t>(direction)];
    granted = worker_.turns().acquire(lanes().of(direction));
    return granted != 0;
}

void BackendStream::count_passed(shaping::Direction direction, std::size_t bytes) {
    std::size_t& granted = lanes().granted[static_cast<std::size_t>(direction)];
    granted -= std::min(granted, bytes);
    lanes().of(direction).passed(bytes, worker_.now());
}

bool BackendStream::is_throttled() const noexcept {
    return lanes_ && (lanes_->up.is_waiting() || lanes_->down.is_waiting());
}

std::size_t BackendStream::granted(shaping::Direction direction) const noexcept {
    const std::size_t granted = is_shaped() ? lanes_->granted[static_cast<std::size_t>(direction)] : 0;
    return granted == 0 ? SIZE_MAX : granted;
}

// --- in the pool ---

bool BackendStream::is_carried() noexcept {
    if (const std::uint64_t version = service_->carriers_version(); version != carriers_version_) {
        carriers_version_ = version;
        is_carried_ = service_->carries(*carrier_.trunk);
    }
    return is_carried_;
}

void BackendStream::use(BackendUser& user) noexcept {
    check_here(worker_);
    runtime::Deadline::cancel();
    user_ = &user;
    sent_before_ = sent_;
    ++exchanges_;
    state_ = State::busy;
}

void BackendStream::make_idle(Duration idle) noexcept {
    check_here(worker_);
    user_ = nullptr;
    lanes_.reset();
    state_ = State::idle;
    wheel_.set_after(*this, idle);
}

// False if the backend has sent anything: its end, a reset, or unexpected bytes. Otherwise the waker is armed for when
// it does.
bool BackendStream::is_fresh() noexcept {
    try {
        return stream_ && !stream_->stream_end() && !stream_->send_is_dead() && stream_->front() == nullptr &&
               stream_->try_park_receive();
    } catch (const std::exception&) {
        return false;
    }
}

// --- ending ---

void BackendStream::abort(Code code) noexcept {
    check_here(worker_);
    if (state_ == State::closed) {
        user_ = nullptr;
        return;
    }
    if (stream_) {
        stream_->abort(code);
    }
    release_stream();
}

void BackendStream::close() noexcept {
    check_here(worker_);
    if (state_ == State::closing || state_ == State::closed) {
        return;
    }
    if (!stream_ || stream_->stream_end()) {
        abort(Code::cancelled);
        return;
    }
    IntrusivePtr<BackendStream> keep(this);
    state_ = State::closing;
    user_ = nullptr;
    lanes_.reset();
    wheel_.set_after(*this, closing_patience);
    try {
        pool_.keep_closing(*this);
        stream_->finish();
        linger();
    } catch (const std::exception&) {
        abort(Code::internal);
    }
}

// Discards what the backend still sends. The session returns credit for it, so that the backend's end can arrive.
void BackendStream::linger() noexcept try {
    do {
        while (StreamItem* item = stream_->front()) {
            const bool ended = item->kind == StreamItem::Kind::fin || item->kind == StreamItem::Kind::reset;
            lingered_ += item->slice.size();
            const bool reset = item->kind == StreamItem::Kind::reset;
            stream_->drop_front();
            peer_ended_ = peer_ended_ || ended;
            if (reset) {
                release_stream();
                return;
            }
        }
        // Bytes that wait for credit would wait for ever if nothing ended the stream: they have as long as the backend
        // has.
        if (peer_ended_ && stream_->queued_bytes() == 0) {
            release_stream();
            return;
        }
        if (stream_->stream_end() || lingered_ > closing_bytes_max) {
            abort(Code::cancelled);
            return;
        }
    } while (!stream_->try_park_receive());
} catch (const std::exception&) {
    abort(Code::internal);
}

void BackendStream::release_stream() noexcept {
    IntrusivePtr<BackendStream> keep(this);
    if (std::exchange(state_, State::closed) == State::closing) {
        pool_.forget_closing(*this);
    }
    runtime::Deadline::cancel();
    user_ = nullptr;
    lanes_.reset();
    stream_.reset();
    counted_.reset();
}

}  // namespace ferrotunnel::exchange
