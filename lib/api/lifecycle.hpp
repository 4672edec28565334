// Life cycle of a Client or a Server: its start and end, and the results for threads that wait for the end.
//
//    idle --start--> starting --> running --stop--> stopping --> over
//      ^-----failed-----'
//
// One thread performs the stop; others that call stop() meanwhile wait for it, and may shorten it.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "base/intrusive_ptr.hpp"
#include "base/mutex.hpp"
#include "buffer/mailbox.hpp"
#include "runtime/worker_group.hpp"

namespace ferrotunnel::detail {

/// Whether the Client or Server that created something still exists; its creations may outlive it.
class OwnerLife final : public RefCounted {
public:
    /// Called before the owner closes its sessions on purpose.
    void set_stopped() noexcept { stopped_.store(true, std::memory_order_release); }
    bool stopped() const noexcept { return stopped_.load(std::memory_order_acquire); }

private:
    std::atomic<bool> stopped_{false};
};

/// The Client or Server to start and end. No function is called with a lock held.
class Stoppable {
public:
    /// Accepts no new visitors from now on; present ones may finish.
    virtual void begin_drain() = 0;
    /// Whether all visitors have finished, and their carriers have ended. Called repeatedly during a drain.
    virtual bool has_drained() = 0;
    /// Whether there are visitors that would be cut off.
    virtual bool has_visitors() const = 0;
    /// Ends everything now, with a GOAWAY. Called on the first worker, or on a thread that is not a worker.
    virtual void cut_off() = 0;
    /// Whether the caller is within a callback that has a thread of its own, and that the end waits for.
    virtual bool in_callback() const = 0;
    /// Destroys everything, once: no worker runs afterwards, and the application has been notified if it was ever
    /// started.
    virtual void shut_down(bool was_started) = 0;

protected:
    ~Stoppable() = default;
};

class Lifecycle {
public:
    /// `name`: the owner in messages.
    Lifecycle(Stoppable& owner, runtime::WorkerGroup& workers, const char* name);
    Lifecycle(const Lifecycle&) = delete;
    Lifecycle& operator=(const Lifecycle&) = delete;

    /// Runs `action`, which returns an error or none; after an error start() may be tried again. Otherwise it runs
    /// once, and then returns already_running. Thread-safe.
    std::error_code start(const std::function<std::error_code()>& action);
    /// See Client::stop.
    std::error_code stop(std::chrono::milliseconds drain);
    /// Ends at once, in any state; for destructors. No other function is called any more. If called on a thread that it
    /// would wait for, it prints a message and ends the process.
    void end();
    /// Whether fork() made this process after the owner was built: its threads, its sessions and its waiters are in the
    /// other process. A copy cannot be started, stopped or ended.
    bool is_forked() const noexcept;

    bool started() const;   ///< start() has succeeded
    bool stopping() const;  ///< stop() was called since
    /// The result of has_drained() may have changed.
    void recheck() { changed_.notify_all(); }

private:
    enum class State { idle, starting, running, stopping, over };

    std::error_code stop_in_context();
    void finish();
    void drain_and_cut(bool at_once);
    bool wait_until_drained(std::optional<std::chrono::steady_clock::time_point> at_most = {});
    std::error_code answer() const REQUIRES(mutex_);

    using FinishMail = buffer::WakeMail<Lifecycle, Lifecycle*>;

    Stoppable& owner_;
    runtime::WorkerGroup& workers_;
    const char* const name_;
    const pid_t process_;
    const IntrusivePtr<FinishMail> finish_mail_ =
        make_intrusive<FinishMail>([](Lifecycle* const& lifecycle) noexcept { lifecycle->finish(); });
    mutable Mutex mutex_;
    ConditionVariable changed_;
    State state_ GUARDED_BY(mutex_) = State::idle;
    bool shut_down_ GUARDED_BY(mutex_) = false;
    bool was_cut_ GUARDED_BY(mutex_) = false;               // visitors had not finished
    std::thread::id stopping_thread_ GUARDED_BY(mutex_){};  // the thread that performs stop(), while it runs
    std::chrono::steady_clock::time_point stop_until_ GUARDED_BY(mutex_) = std::chrono::steady_clock::time_point::max();
};

/// In a forked child process: takes the engine of the copied Client or Server and never destroys it. Ending it would
/// write to connections of the parent process, and wait for threads that do not exist in the child. In every other
/// process it does nothing: callbacks may use the handle until its engine has ended.
template <typename Impl>
void leak_forked_engine(std::unique_ptr<Impl>& impl) noexcept {
    if (impl && impl->is_forked()) {
        static Mutex mutex;
        static auto* const kept = new std::vector<std::unique_ptr<Impl>>();  // reachable: not a leak
        const MutexLock lock(mutex);
        kept->push_back(std::move(impl));
    }
}

}  // namespace ferrotunnel::detail
