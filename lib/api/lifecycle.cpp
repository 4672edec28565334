#include "api/lifecycle.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <new>
#include <utility>

#include "ferrotunnel/error.hpp"

namespace ferrotunnel::detail {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

/// The time for GOAWAY frames after all visitors were cut off; then the sockets are closed anyway.
constexpr auto goaway_time = 3s;

/// The longest drain, to which a longer one is reduced: clocks count nanoseconds in 64 bits.
constexpr std::chrono::milliseconds drain_max = std::chrono::hours(24 * 365);

}  // namespace

Lifecycle::Lifecycle(Stoppable& owner, runtime::WorkerGroup& workers, const char* name)
    : owner_(owner), workers_(workers), name_(name), process_(::getpid()) {}

bool Lifecycle::is_forked() const noexcept {
    return ::getpid() != process_;
}

std::error_code Lifecycle::start(const std::function<std::error_code()>& action) {
    if (is_forked()) {
        return std::make_error_code(std::errc::operation_not_permitted);
    }
    {
        const MutexLock lock(mutex_);
        if (state_ != State::idle || shut_down_) {
            return errc::already_running;
        }
        state_ = State::starting;
    }
    auto settle = [this](State state) {
        const MutexLock lock(mutex_);
        state_ = state;
        changed_.notify_all();
    };
    try {
        const std::error_code error = action();
        settle(error ? State::idle : State::running);
        return error;
    } catch (...) {
        settle(State::idle);
        throw;
    }
}

bool Lifecycle::started() const {
    const MutexLock lock(mutex_);
    return state_ >= State::running;
}

bool Lifecycle::stopping() const {
    const MutexLock lock(mutex_);
    return state_ >= State::stopping || shut_down_;
}

std::error_code Lifecycle::answer() const {
    return was_cut_ ? make_error_code(errc::timed_out) : std::error_code();
}

std::error_code Lifecycle::stop(std::chrono::milliseconds drain) {
    if (is_forked()) {
        return {};
    }
    drain = std::clamp(drain, 0ms, drain_max);
    if (workers_.on_a_worker()) {
        const bool can = !workers_.at(0).owns_thread() && drain == 0ms;
        return can ? stop_in_context() : make_error_code(errc::would_deadlock);
    }
    const bool in_callback = owner_.in_callback();
    ReleasableLock lock(mutex_);
    if (in_callback) {
        return shut_down_ ? std::error_code() : errc::would_deadlock;  // the former: a handler of `stopped`
    }
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return state_ != State::starting; });
    if (state_ == State::idle || state_ == State::over ||
        stopping_thread_ == std::this_thread::get_id()) {  // the latter: a handler of `stopped`
        return {};
    }
    stop_until_ = std::min(stop_until_, steady_clock::now() + drain);
    changed_.notify_all();
    if (state_ == State::running) {
        state_ = State::stopping;
        stopping_thread_ = std::this_thread::get_id();
        lock.unlock();
        drain_and_cut(drain == 0ms);
        finish();
        lock.lock();
        stopping_thread_ = {};
    }
    changed_.wait(lock, [this]() REQUIRES(mutex_) { return state_ == State::over; });
    return answer();
}

void Lifecycle::drain_and_cut(bool at_once) {
    // Checked before anything is sent: visitors may leave after a GOAWAY, but count as cut off.
    const bool visitors = at_once && owner_.has_visitors();
    try {
        owner_.begin_drain();
    } catch (const std::bad_alloc&) {  // a visitor that was not notified in time is cut off
    }
    if (at_once ? visitors : !wait_until_drained()) {
        const MutexLock lock(mutex_);
        was_cut_ = true;
    }
    try {
        owner_.cut_off();
    } catch (const std::bad_alloc&) {  // a peer that was not notified gets no GOAWAY
    }
    wait_until_drained(steady_clock::now() + goaway_time);
}

// Waits until everything has drained, at most until `stop_until_`, which may be moved forward meanwhile. The last bytes
// of a visitor are sent by a socket that reports nothing: hence a periodic check.
bool Lifecycle::wait_until_drained(std::optional<steady_clock::time_point> at_most) {
    while (!owner_.has_drained()) {
        ReleasableLock lock(mutex_);
        const auto now = steady_clock::now();
        const auto until = at_most.value_or(stop_until_);
        if (now >= until) {
            return false;
        }
        changed_.wait_until(lock, std::min(until, now + 10ms));
    }
    return true;
}

void Lifecycle::end() {
    const runtime::Worker& first = workers_.at(0);
    if (owner_.in_callback() || (first.owns_thread() ? workers_.on_a_worker() : first.here())) {
        std::fprintf(stderr,
                     "ferrotunnel: a %s was destroyed in one of its own handlers, for whose end it would have to wait. "
                     "Destroy it on another thread, or after the handler has returned.\n",
                     name_);
        std::terminate();
    }
    // Inside an application's io_context this is the context's thread, or the context does not run: there is nothing to
    // wait for.
    (void)(workers_.at(0).owns_thread() ? stop(0ms) : stop_in_context());
    finish();
}

// Stops on the thread of the application's io_context, where no other thread can do the work. If one of our own
// handlers calls this, the caller of the handler is still on the stack: then everything is destroyed a little later.
std::error_code Lifecycle::stop_in_context() {
    runtime::Worker& worker = workers_.at(0);
    const bool visitors = owner_.has_visitors();
    {
        const MutexLock lock(mutex_);
        if (state_ == State::starting) {
            return errc::would_deadlock;
        }
        if (state_ == State::idle || state_ == State::over) {
            return {};
        }
        if (state_ == State::stopping) {
            stop_until_ = steady_clock::now();  // another thread may be stopping: it waits no longer
            changed_.notify_all();
            return answer();
        }
        state_ = State::stopping;
        was_cut_ = visitors;
    }
    const bool by_handler = worker.here();
    worker.as_round([this] { owner_.cut_off(); });
    if (by_handler) {
        (void)finish_mail_->post(*worker.mailbox(), this);
    } else {
        finish();
    }
    const MutexLock lock(mutex_);
    return answer();
}

void Lifecycle::finish() {
    bool was_started = false;
    {
        const MutexLock lock(mutex_);
        if (std::exchange(shut_down_, true)) {
            return;
        }
        was_started = state_ >= State::running;
    }
    owner_.shut_down(was_started);
    const MutexLock lock(mutex_);
    state_ = State::over;
    changed_.notify_all();
}

}  // namespace ferrotunnel::detail
