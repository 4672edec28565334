// One stream of a trunk as the edge uses it: one TCP connection from the client to the backend of an HTTP service. It
// carries one exchange at a time, and waits in its worker's pool between two of them.
//
//     opening --stream--> busy <--put, take--> idle --4 s, or the backend sends data-----> closing --FIN, 2 s--> closed
//        |                 |                                                                  ^
//        '-----------------+--------------- abort: reset at once ----> closed                 |
//                          '--------------- close: in order ----------------------------------'
//
// It lives on the worker of the visitor, the other half of its stream on the trunk's worker: a wake from there is
// mailed, one mail at a time. The session holds it while the stream lives; the exchange or the pool hold it while they
// use it (the pool also until it is closed).
//
// If its service has rates, data sent and received waits for its turn here (docs/architecture/shaping.md): to its user
// that looks like a stream without room, or without bytes. Heads are never delayed, but count.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "buffer/mailbox.hpp"
#include "buffer/waker.hpp"
#include "directory/http_directory.hpp"
#include "mux/stream.hpp"
#include "runtime/deadline_wheel.hpp"
#include "runtime/worker.hpp"
#include "shaping/shapes.hpp"

namespace ferrotunnel::exchange {

class BackendPool;

/// The object that uses a backend stream at the moment.
class BackendUser {
public:
    /// Called when the stream was opened or refused, has something to read, has room again, or has ended.
    virtual void on_backend_event() noexcept = 0;
    /// The share of the user's visitor in a service's rates.
    virtual std::shared_ptr<shaping::VisitorShape> shape_of_visitor(
        const std::shared_ptr<shaping::ServiceShape>& service) = 0;

protected:
    ~BackendUser() = default;
};

class BackendStream final : public buffer::Waker, private runtime::Deadline {
public:
    enum class State : std::uint8_t { opening, busy, idle, closing, closed };

    /// `owner`: the one visitor connection that may use the stream; 0 if any may.
    BackendStream(runtime::Worker& worker, runtime::DeadlineWheel& wheel, BackendPool& pool,
                  std::shared_ptr<directory::HttpService> service, directory::HttpService::Carrier carrier,
                  std::uint64_t owner = 0);

    /// Requests a stream from the carrier; `user` receives the result, possibly before the call returns.
    void open(const directory::HttpVisitor& visitor, BackendUser& user);

    State state() const noexcept { return state_; }
    /// Why there is no stream: the carrier's reply. Only for a stream that was never opened.
    std::optional<wire::Code> open_failure() const noexcept { return open_failure_; }
    const std::shared_ptr<directory::HttpService>& service() const noexcept { return service_; }
    const directory::HttpCarrier& carrier() const noexcept { return *carrier_.trunk; }
    std::uint64_t owner() const noexcept { return owner_; }
    /// Whether its trunk still carries the service. A trunk that does not is draining and should be able to end.
    bool is_carried() noexcept;
    /// Whether it has carried an exchange before.
    bool reused() const noexcept { return exchanges_ > 1; }
    /// Whether the backend has accepted the connection.
    bool connected() const noexcept { return stream_ && stream_->accepted(); }

    // --- while busy ---

    /// False when enough is queued or when there is no stream (yet); `park_send` then arms the wake, and returns false
    /// if there is room after all.
    bool can_send() const noexcept { return stream_ && stream_->can_send(); }
    /// Whether it may send now under the rates of the service. False: the user is called when it may.
    bool may_send_now() { return !is_shaped() || acquire_bytes(shaping::Direction::up); }
    /// Whether data waits for its turn, in either direction.
    bool is_throttled() const noexcept;
    /// See mux::Stream.
    std::uint32_t read_size_max() const noexcept {
        const std::uint32_t most = stream_ ? stream_->read_size_max() : UINT32_MAX;
        return lanes_ ? static_cast<std::uint32_t>(std::min<std::size_t>(most, granted(shaping::Direction::up))) : most;
    }
    bool is_trunk_behind() const noexcept { return stream_ && stream_->is_trunk_behind(); }
    bool has_sent_all() const noexcept { return stream_ && stream_->queued_bytes() == 0; }
    bool send_is_dead() const noexcept { return stream_ && stream_->send_is_dead(); }
    bool park_send() noexcept { return !stream_ || stream_->try_park_send(); }
    /// Sends at most limits::data_payload_max bytes; see mux::Stream::send. Call `flush` once per round.
    void send(buffer::Slice payload, bool headroom);
    void flush() noexcept;
    void finish();

    /// The oldest item, or null if there is none or it has no turn yet. See mux::Stream.
    mux::StreamItem* front() { return is_shaped() ? front_within_rate() : peek(); }
    /// The oldest item, even if its data has no turn yet.
    mux::StreamItem* peek() { return stream_ ? stream_->front() : nullptr; }
    /// How much of a body should be taken at once, so that all streams have their turn.
    std::size_t take_max() const noexcept { return lanes_ ? granted(shaping::Direction::down) : SIZE_MAX; }
    void consume(std::uint32_t n);
    void drop_front() { stream_->drop_front(); }
    bool park_receive() { return !stream_ || (lanes_ && is_receive_throttled()) || stream_->try_park_receive(); }
    mux::StreamEnd stream_end() const noexcept { return stream_ ? stream_->stream_end() : mux::StreamEnd{}; }
    /// After a reset: whether none of the bytes that this exchange sent reached the backend.
    bool nothing_delivered() const noexcept { return !stream_ || stream_->peer_delivered() <= sent_before_; }

    // --- ending ---

    /// Ends the stream at once, even while it is being opened: the backend sees a reset. Idempotent.
    void abort(wire::Code code) noexcept;
    /// Ends the stream in order: our direction now; what the backend still sends is discarded. Idempotent.
    void close() noexcept;

    void wake() noexcept override;
    void woken() noexcept { run(); }

private:
    friend class BackendPool;

    ~BackendStream() override;

    void on_deadline() noexcept override;
    void on_opened(Result<directory::HttpStream, wire::Code> opened) noexcept;
    void run() noexcept;
    bool is_fresh() noexcept;
    void linger() noexcept;
    void release_stream() noexcept;

    struct Lanes;
    bool is_shaped() const noexcept { return shape_ && shape_->is_on(); }
    mux::StreamItem* front_within_rate();
    bool is_receive_throttled() const noexcept;
    bool acquire_bytes(shaping::Direction direction);
    /// How much of the granted amount is left; unlimited if no grant was needed.
    std::size_t granted(shaping::Direction direction) const noexcept;
    void count_passed(shaping::Direction direction, std::size_t bytes);
    Lanes& lanes();

    // For the pool.
    void use(BackendUser& user) noexcept;
    void make_idle(Duration idle) noexcept;

    runtime::Worker& worker_;
    const std::shared_ptr<buffer::Mailbox> mailbox_;
    runtime::DeadlineWheel& wheel_;
    BackendPool& pool_;
    const std::shared_ptr<directory::HttpService> service_;
    const directory::HttpService::Carrier carrier_;
    const std::uint64_t owner_;
    BackendUser* user_ = nullptr;  // while opening or busy
    IntrusivePtr<mux::Stream> stream_;
    std::shared_ptr<directory::HttpStreamCount> counted_;
    std::shared_ptr<shaping::ServiceShape> shape_;
    std::unique_ptr<Lanes> lanes_;  // for the present user's visitor; null until there is a rate
    std::optional<wire::Code> open_failure_;
    std::uint64_t carriers_version_ = 0;  // the version that is_carried_ is valid for; 0 if never checked
    bool is_carried_ = true;
    std::uint64_t sent_ = 0;
    std::uint64_t sent_before_ = 0;  // before this exchange
    std::uint64_t lingered_ = 0;
    std::uint32_t exchanges_ = 0;
    State state_ = State::opening;
    bool peer_ended_ = false;  // while closing
    const IntrusivePtr<buffer::WakeMail<BackendStream>> mail_ = make_intrusive<buffer::WakeMail<BackendStream>>();
};

}  // namespace ferrotunnel::exchange
