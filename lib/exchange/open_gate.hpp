// Bounds how many connections to one service's backend a worker requests at once. A client answers them as fast as its
// backend accepts connections; when a thousand visitors arrive at the same time, a thousand requests would only be
// refused by the session (limits::opens_unanswered_per_service_max). So a visitor beyond the bound waits, in order,
// until
//
//   an answer arrives, and it may open one   or   a stream returns to the pool, and it takes that
//
// whichever happens first. Each worker has its own gate: nothing is shared, nothing is locked.
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

class OpenGate;

/// A request that may have to wait. Destroying it removes it from the queue.
class GateVisitor {
public:
    GateVisitor() = default;
    GateVisitor(const GateVisitor&) = delete;
    GateVisitor& operator=(const GateVisitor&) = delete;

    bool waits_at_gate() const noexcept { return gate_ != nullptr; }
    void leave_gate() noexcept;

protected:
    ~GateVisitor() { leave_gate(); }

    /// Called at the end of a round, when it has left the queue: a stream is in the pool, or one may be opened.
    virtual void on_gate() noexcept = 0;

private:
    friend class OpenGate;
    OpenGate* gate_ = nullptr;  // while it is in the queue
    std::uint64_t service_ = 0;
    GateVisitor* previous_ = nullptr;
    GateVisitor* next_ = nullptr;
};

class OpenGate final : private runtime::Deferred {
public:
    OpenGate(runtime::Worker& worker, std::uint32_t opens_max) noexcept : worker_(worker), opens_max_(opens_max) {}
    ~OpenGate();

    // Below, `service` is the serial of a service.

    /// Whether requests are waiting; new ones queue behind them.
    bool has_line(std::uint64_t service) const noexcept;
    bool may_open(std::uint64_t service) const noexcept;
    /// A stream is being requested; `answered` follows, whether or not the backend accepts the connection.
    void opening(std::uint64_t service);
    void answered(std::uint64_t service, bool taken) noexcept;
    /// A stream was returned, and can be taken from the pool.
    void came_back(std::uint64_t service) noexcept;
    /// When the backend last accepted or returned a connection; long ago if nothing waits.
    TimePoint moved_at(std::uint64_t service) const noexcept;

    void wait(std::uint64_t service, GateVisitor& visitor);

    std::size_t waiting() const noexcept { return waiting_; }

private:
    friend class GateVisitor;

    struct Line {
        std::uint32_t opening = 0;
        std::uint32_t came_back = 0;  // streams returned since the queue was last served
        std::uint64_t service = 0;
        bool due = false;          // to be served at the end of the round, and kept until then
        Line* next_due = nullptr;  // the next queue that is due
        TimePoint moved_at{};
        GateVisitor* first = nullptr;
        GateVisitor* last = nullptr;
    };
    using Lines = std::unordered_map<std::uint64_t, Line>;

    void run_deferred() noexcept override;
    void serve(std::uint64_t service) noexcept;
    void serve_soon(Line& line) noexcept;
    Line& line_of(std::uint64_t service);
    void remove(GateVisitor& visitor) noexcept;
    void forget_if_empty(Lines::iterator at) noexcept;

    runtime::Worker& worker_;
    const std::uint32_t opens_max_;
    Lines lines_;  // of services with requests in the queue or a stream that is being opened
    Line* first_due_ = nullptr;
    Line* last_due_ = nullptr;
    std::size_t waiting_ = 0;
};

}  // namespace ferrotunnel::exchange
