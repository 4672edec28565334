// Bounds how many connections to one service's backend a worker requests at once. A client answers them as fast as its
// backend accepts connections; when a thousand visitors arrive at the same time, a thousand requests would only be
// refused by the session (limits::opens_unanswered_per_service_max). So a visitor beyond the bound waits, in order,
// until
//
//   an answer arrives, and it may open one   or   a stream returns to the pool, and it takes that
//
// whichever happens first. Each worker has its own limiter: nothing is shared, nothing is locked.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/clock.hpp"
#include "runtime/deferred.hpp"

namespace ferrotunnel::runtime {
class Worker;
}

namespace ferrotunnel::exchange {

class ConnectLimiter;

/// A request that may have to wait. Destroying it removes it from the queue.
class ConnectWaiter {
public:
    ConnectWaiter() = default;
    ConnectWaiter(const ConnectWaiter&) = delete;
    ConnectWaiter& operator=(const ConnectWaiter&) = delete;

    bool is_waiting_to_connect() const noexcept { return limiter_ != nullptr; }
    void stop_waiting_to_connect() noexcept;

protected:
    ~ConnectWaiter() { stop_waiting_to_connect(); }

    /// Called at the end of a round, when it has left the queue: a stream is in the pool, or one may be opened.
    virtual void on_connect_turn() noexcept = 0;

private:
    friend class ConnectLimiter;
    ConnectLimiter* limiter_ = nullptr;  // while it is in the queue
    std::uint64_t service_ = 0;
    ConnectWaiter* previous_ = nullptr;
    ConnectWaiter* next_ = nullptr;
};

class ConnectLimiter final : private runtime::Deferred {
public:
    ConnectLimiter(runtime::Worker& worker, std::uint32_t opens_max) noexcept
        : worker_(worker), opens_max_(opens_max) {}
    ~ConnectLimiter();

    // Below, `service` is the serial of a service.

    /// Whether requests are waiting; new ones queue behind them.
    bool has_queue(std::uint64_t service) const noexcept;
    bool may_open(std::uint64_t service) const noexcept;
    /// A stream is being requested; `answered` follows, whether or not the backend accepts the connection.
    void opening(std::uint64_t service);
    void answered(std::uint64_t service, bool taken) noexcept;
    /// A stream was returned, and can be taken from the pool.
    void stream_returned(std::uint64_t service) noexcept;
    /// When the backend last accepted or returned a connection; long ago if nothing waits.
    TimePoint last_progress_at(std::uint64_t service) const noexcept;

    void wait(std::uint64_t service, ConnectWaiter& visitor);

    std::size_t waiting() const noexcept { return waiting_; }

private:
    friend class ConnectWaiter;

    struct Queue {
        std::uint32_t opening = 0;
        std::uint32_t stream_returned = 0;  // streams returned since the queue was last served
        std::uint64_t service = 0;
        bool due = false;           // to be served at the end of the round, and kept until then
        Queue* next_due = nullptr;  // the next queue that is due
        TimePoint last_progress_at{};
        ConnectWaiter* first = nullptr;
        ConnectWaiter* last = nullptr;
    };
    using Queues = std::unordered_map<std::uint64_t, Queue>;

    void run_deferred() noexcept override;
    void serve(std::uint64_t service) noexcept;
    void serve_soon(Queue& queue) noexcept;
    Queue& queue_of(std::uint64_t service);
    void remove(ConnectWaiter& visitor) noexcept;
    void forget_if_empty(Queues::iterator at) noexcept;

    runtime::Worker& worker_;
    const std::uint32_t opens_max_;
    Queues queues_;  // of services with requests in the queue or a stream that is being opened
    Queue* first_due_ = nullptr;
    Queue* last_due_ = nullptr;
    std::size_t waiting_ = 0;
};

}  // namespace ferrotunnel::exchange
