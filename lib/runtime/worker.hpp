// A worker: one thread's loop with its sockets, timers, slabs and mailbox. Workers share only the NameCache of their
// group.
//
// The loop is an Asio io_context, either the worker's own (with its own thread) or the application's. The worker's
// Poller is nested in it. Everything that the worker calls runs in a *round*:
//
//     something woke us -> Worker::current() and the slab scope are set, the time is read once
//                       -> mail, due timers, one batch of socket events or one posted function
//                       -> some of what was deferred meanwhile (this is where trunks flush)
//
// While sockets stay busy the worker does several rounds, one epoll_wait each, before it returns to Asio. A worker with
// its own thread avoids Asio, which costs system calls, until its io_context is requested.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "buffer/mailbox.hpp"
#include "buffer/slab.hpp"
#include "metrics/histogram.hpp"
#include "runtime/cpu_wait.hpp"
#include "runtime/deferred.hpp"
#include "runtime/poller.hpp"
#include "runtime/shutdown_hook.hpp"

namespace asio {
class io_context;
}

namespace ferrotunnel::runtime {

class HandlerHome;
class NameService;
class Timer;
class TimerQueue;
class Turns;

class Worker {
public:
    /// Has its own io_context and, after `start`, a thread of its own. While it waits without Asio and its work arrives
    /// in quick succession, it polls for more for up to `busy_poll` before it sleeps.
    explicit Worker(Duration busy_poll = Duration::zero());
    /// Lives inside the application's io_context, which one thread runs. Destroy it before the io_context, on that
    /// thread or any other.
    explicit Worker(asio::io_context& application);
    /// Stops and joins.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    // --- life ---

    /// Starts the thread. Does nothing inside an application's io_context.
    void start();
    /// Runs the worker's own io_context on the calling thread until `stop`, for callers that provide the thread
    /// themselves.
    void run();
    /// Stops the worker; any thread. Its own loop ends after the present round; mail is refused from then on. Inside an
    /// application's io_context the call waits for the present round, unless it is made from within that round; the
    /// worker closes at once and leaves the io_context running. From then on only the caller may touch objects that
    /// lived on the worker.
    void stop() noexcept;
    /// Waits for the thread. Afterwards any thread may destroy objects that lived on the worker.
    void join();
    bool owns_thread() const noexcept;

    // --- on the worker ---

    /// The io_context, for the application's handlers; any thread. From the first call on the worker waits inside it.
    asio::io_context& io() noexcept;
    Poller& poller() noexcept;
    buffer::SlabPool& slabs() noexcept;
    NameService& names() noexcept;
    /// The lanes whose bytes wait for their turn. May throw for lack of memory on its first call.
    Turns& turns();
    /// The hooks that are called if they are still registered when the worker is destroyed.
    ShutdownHooks& shutdown_hooks() noexcept;
    /// The time at which this round began; outside of a round the clock is read again.
    TimePoint now() const noexcept;
    /// Runs `deferred` at the end of this round, of a later one if more is queued than a round runs, or in a round of
    /// its own if none is running. If queued already, it runs once.
    void defer(Deferred& deferred) noexcept;
    /// Runs `function` as a round, or directly inside a running one. For handlers that Asio calls (resolver, signals).
    void as_round(const std::function<void()>& function) noexcept;

    // --- from anywhere ---

    /// The worker whose thread (or round, inside an application's io_context) this is; null elsewhere.
    static Worker* current() noexcept;
    bool here() const noexcept { return current() == this; }
    /// True on the thread that runs the worker: if here(), or in a handler of the application's own io_context between
    /// rounds.
    bool runs_here() const noexcept;
    /// The mailbox, which other threads may keep for any time.
    const std::shared_ptr<buffer::Mailbox>& mailbox() const noexcept;
    /// Runs `callable` later on the worker. Returns false, and drops it, if the worker has stopped. For a lack of
    /// memory see Mailbox::post_call.
    template <typename Callable>
    bool post(Callable callable) {
        return mailbox()->post_call(std::move(callable));
    }

    /// Sets what to do with an exception that leaves a handler which the application itself put into the worker's own
    /// io_context or gave to executor_of(). Without this the exception leaves `run`, or ends the process if the worker
    /// has its own thread.
    void on_exception(std::function<void(std::exception_ptr)> handler);
    /// The part of this worker that executor_of() needs.
    std::shared_ptr<HandlerHome> handler_home() noexcept;

    struct Counters {
        std::uint64_t rounds = 0;
        std::uint64_t wakes = 0;         // times that events ended a sleep, in Asio or in the poller itself
        std::uint64_t timer_arms = 0;    // changes of the one Asio timer
        std::uint64_t system_calls = 0;  // made by the poller
    };
    Counters counters() const noexcept;
    /// The system's accounting of the worker's thread. Thread-safe. Empty: not available, the thread is an
    /// application's, or it does not run.
    std::optional<CpuTimes> cpu_times() const noexcept;
    /// How late timers were when they were checked: how long the loop was busy with others, or had no processor.
    /// Thread-safe.
    const metrics::WorkTimes& timer_delays() const noexcept;
    /// The number of timers that are set now, for tests and stats.
    std::size_t timers_set() const noexcept;

private:
    friend class Timer;
    class Core;

    TimerQueue& timer_queue() noexcept;
    void timer_moved() noexcept;

    std::shared_ptr<Core> core_;
    std::unique_ptr<Turns> turns_;  // null until a lane waits
};

/// Asserts that the caller is on the worker, or may stand in for it: it does not run yet, or no more. Checked in debug
/// builds and with AddressSanitizer (buffer::checks_threads); a release build pays nothing.
inline void check_here([[maybe_unused]] const Worker& worker, const char* file = __builtin_FILE(),
                       int line = __builtin_LINE()) {
    if constexpr (buffer::checks_threads) {
        buffer::check_here(*worker.mailbox(), file, line);
    }
}

}  // namespace ferrotunnel::runtime
