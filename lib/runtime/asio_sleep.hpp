// The sleep of a worker inside an io_context: it ends when the worker's poller has events, when the earliest timer is
// due, or by a turn that the worker has posted to itself.
//
//     idle --watch, set_alarm, post--> a handler is in the io_context --it runs: Sleeper::on_wake--> idle
//
// A handler keeps its sleeper alive. Each kind has at most one active handler; memory for them is reserved.
#pragma once

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "runtime/handler_memory.hpp"

namespace ferrotunnel::runtime {

/// For one thread at a time. Destroyed before the io_context, or closed.
class AsioSleep {
public:
    enum class Cause : std::uint8_t { posted, events, alarm };

    /// The sleeping object: it owns the AsioSleep.
    class Sleeper : public std::enable_shared_from_this<Sleeper> {
    public:
        /// In the io_context's thread. If it may wake, it calls woken_by() with the cause.
        virtual void on_wake(Cause cause) noexcept = 0;

    protected:
        ~Sleeper() = default;
    };

    /// `poller`: a descriptor that is readable while there are events; it is not closed here.
    AsioSleep(asio::io_context& io, int poller);
    ~AsioSleep() { close(); }
    AsioSleep(const AsioSleep&) = delete;
    AsioSleep& operator=(const AsioSleep&) = delete;

    /// Wakes the sleeper in a turn of its own.
    void post(Sleeper& sleeper) noexcept;
    /// Waits for events. The io_context checks the descriptor again with each wait, so no event is lost between the
    /// last check of the poller and this call.
    void watch(Sleeper& sleeper) noexcept;
    /// Wakes at `when`, or at an earlier time that was set before; it has to be set again then. False if it was set to
    /// `when` or an earlier time. The io_context's list of timers may need memory: without it the sleeper wakes at
    /// once, as long as the shortage lasts.
    bool set_alarm(Sleeper& sleeper, TimePoint when) noexcept;
    /// A wait for this is over, and the next one may begin.
    void woken_by(Cause cause) noexcept;

    /// Removes everything from the io_context. Afterwards nothing can be set any more. Idempotent.
    void close() noexcept;

private:
    asio::io_context& io_;
    HandlerMemory memory_;
    std::optional<asio::posix::stream_descriptor> watch_;
    std::optional<asio::steady_timer> alarm_;
    TimePoint alarm_at_ = never;
    bool is_watching_ = false;
};

}  // namespace ferrotunnel::runtime
