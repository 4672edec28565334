#include "runtime/worker.hpp"

#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>

#include "base/check.hpp"
#include "base/mutex.hpp"
#include "runtime/asio_sleep.hpp"
#include "runtime/busy_poll.hpp"
#include "runtime/name_service.hpp"
#include "runtime/socket.hpp"
#include "runtime/timer.hpp"
#include "runtime/turns.hpp"
#include "runtime/worker_executor.hpp"

namespace ferrotunnel::runtime {

namespace {

thread_local Worker* current_worker = nullptr;

/// An eventfd that is never read: registered edge-triggered, each write is an event of its own.
class EventDoorbell final : public buffer::Doorbell {
public:
    EventDoorbell() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
        if (!fd_) {
            throw std::system_error(errno, std::system_category(), "eventfd");
        }
    }
    void ring() noexcept override {
        const std::uint64_t one = 1;
        [[maybe_unused]] ssize_t written = ::write(fd_.get(), &one, sizeof one);
    }
    int fd() const noexcept { return fd_.get(); }

private:
    Fd fd_;
};

/// Makes `worker` the current worker of this thread.
class CurrentScope {
public:
    CurrentScope(Worker* worker, buffer::SlabPool& slabs, buffer::Mailbox& mailbox) noexcept
        : previous_(std::exchange(current_worker, worker)), slabs_(slabs) {
        mailbox.own_here();
    }
    ~CurrentScope() { current_worker = previous_; }
    CurrentScope(const CurrentScope&) = delete;
    CurrentScope& operator=(const CurrentScope&) = delete;

private:
    Worker* previous_;
    buffer::SlabPool::Scope slabs_;
};

}  // namespace

// The part of a worker that handlers in the io_context keep alive: with an application's io_context they may run after
// the Worker is gone.
//
//     phase: parked (poller watched, timer armed) --handler--> awake <--> in_round, until nothing is ready --> parked
//
//     life:  running --stop, of an own loop--> stopping --the loop has ended--> closed
//               \-----stop, inside an application's io_context-------------------/
//
// A worker with a thread of its own begins without Asio (run_direct, never parked), until its io_context is
// requested. It may be closed from within a round.
class Worker::Core final : public AsioSleep::Sleeper, public HandlerHome, private PollTarget {
public:
    Core(Worker& owner, std::unique_ptr<asio::io_context> own, asio::io_context* application, Duration busy_poll)
        : own_io_(std::move(own)),
          io_(own_io_ ? *own_io_ : *application),
          owner_(&owner),
          busy_poll_(busy_poll),
          asio_sleep_(io_, poller_.descriptor()),
          direct_(own_io_ != nullptr) {
        auto bell = std::make_unique<EventDoorbell>();
        bell_fd_ = bell->fd();
        mailbox_ = std::make_shared<buffer::Mailbox>(std::move(bell));
        names_.emplace(mailbox_);
        poller_.add(bell_fd_, *this);
        if (own_io_) {
            work_.emplace(own_io_->get_executor());
        }
    }
    ~Core() { close(); }

    void begin_life() { kick(); }

    void run() {
        CurrentScope scope(owner_, slabs_, *mailbox_);
        thread_number_.store(number_of_this_thread(), std::memory_order_relaxed);
        run_direct();
        if (!is_closed()) {
            kick();
            run_asio();
        }
        deferred_.run(is_closed() ? 0 : final_deferred_max);
        close();
        thread_number_.store(0, std::memory_order_relaxed);
    }

    asio::io_context& io() noexcept {
        if (direct_.exchange(false)) {
            (void)look_mail_->post(*mailbox_, this);  // a loop that waits for sockets returns to check
        }
        return io_;
    }

    buffer::Mailbox& mailbox_for_handlers() noexcept override { return *mailbox_; }
    void handler_has_thrown(const std::exception_ptr& thrown) override {
        check_here(*mailbox_);
        if (!on_exception_) {
            std::rethrow_exception(thrown);
        }
        on_exception_(thrown);
    }
    asio::execution_context& context_for_handlers() noexcept override {
        return own_io_ ? static_cast<asio::execution_context&>(io())
                       : asio::query(asio::system_executor(), asio::execution::context);
    }

    void request_stop() noexcept {
        if (!own_io_) {
            const auto alone = exclude_others();
            CurrentScope scope(owner_, slabs_, *mailbox_);
            deferred_.run(final_deferred_max);
            close();
            return;
        }
        (void)stop_mail_->post(*mailbox_, this);  // by mail, so that what was posted before is still done
    }

    // Unregisters everything from the io_context. The rest stays usable for owners that destroy objects that lived
    // here.
    void close() noexcept {
        if (std::exchange(life_, Life::closed) == Life::closed) {
            return;
        }
        mailbox_->close();
        poller_.remove(bell_fd_, *this);
        asio_sleep_.close();
        work_.reset();
    }

    void end_residents() noexcept {
        CurrentScope scope(owner_, slabs_, *mailbox_);
        shutdown_hooks_.end_all();
    }

    // Destroys the own io_context. Handlers waiting there hold this core: otherwise they would keep each other alive.
    void drop_io() noexcept {
        close();
        own_io_.reset();
    }

    void defer(Deferred& deferred) noexcept {
        bool was_empty = deferred_.empty();
        if (deferred_.push(deferred) && was_empty && phase_ != Phase::in_round && !direct_ && !is_closed()) {
            kick();
        }
    }

    void as_round(const std::function<void()>& function) noexcept {
        auto self = shared_from_this();  // the function may destroy the worker
        auto alone = exclude_others();
        if (is_closed() && alone) {
            alone.unlock();  // nothing runs here any more
        }
        if (phase_ == Phase::in_round || is_closed()) {
            function();
            return;
        }
        wake_up();
        round(function);
        turn();
    }

    void timer_moved() noexcept {
        if (phase_ != Phase::in_round && !direct_ && !is_closed()) {
            arm_alarm();
        }
    }

    TimePoint now() const noexcept { return phase_ == Phase::in_round ? now_ : Clock::now(); }

    std::unique_ptr<asio::io_context> own_io_;
    asio::io_context& io_;
    Worker* owner_;
    buffer::SlabPool slabs_;
    Poller poller_;
    TimerQueue timers_;
    DeferredQueue deferred_;
    ShutdownHooks shutdown_hooks_;
    std::shared_ptr<buffer::Mailbox> mailbox_;
    std::optional<NameService> names_;
    Counters counters_;
    metrics::WorkTimes timer_delays_;
    std::atomic<int> thread_number_{0};  // the system's; 0 if it does not run
    std::function<void(std::exception_ptr)> on_exception_;
    std::thread thread_;
    bool started_ = false;

private:
    enum class Phase : std::uint8_t { awake, in_round, parked };
    enum class Life : std::uint8_t { running, stopping, closed };

    static constexpr int rounds_per_turn = 16;
    // A flush makes room, room makes a pump read, and the read requests the next flush: during a bulk transfer this
    // would never end, and other sockets would wait. So only those that were queued before the first one ran have a
    // turn.
    static constexpr std::size_t deferred_per_round_max = 16;
    static constexpr std::size_t final_deferred_max = 65'536;
    static constexpr std::int64_t sleep_max_ms = 60'000;
    // A check and an unused offer of the processor take less than a microsecond.
    static constexpr Duration preempted_after = std::chrono::microseconds(5);

    // Locks out the other thread. Inside an application's io_context its thread runs the rounds, and another thread may
    // end the worker: whichever of them is at work holds the lock, however deep it calls.
    // It guards no members, and no annotation could say whether it is held.
    using Exclusion = std::unique_lock<Mutex>;  // allowed: an empty one holds nothing
    Exclusion exclude_others() { return own_io_ || current_worker == owner_ ? Exclusion() : Exclusion(working_); }

    void stop_here() noexcept {
        mailbox_->close();
        check(life_ == Life::running, "a worker stops once");
        life_ = Life::stopping;
        own_io_->stop();
    }

    // The doorbell has rung.
    void on_events(std::uint32_t) noexcept override { mailbox_->deliver_all(); }

    void wake_up() noexcept {
        if (phase_ == Phase::parked) {
            phase_ = Phase::awake;
            mailbox_->unpark();
        }
    }

    // Runs the worker without Asio. As long as the io_context is not used there is nothing to wait for except sockets,
    // mail and timers: one epoll_wait per round. Asio costs three more system calls (its own wait, an empty check of
    // the poller, arming the watch).
    void run_direct() noexcept {
        TimePoint woke = Clock::now();
        while (direct_ && life_ == Life::running) {
            const bool idle = deferred_.empty();
            const TimePoint since = idle && busy_poll_.is_on() ? Clock::now() : now_;
            if (idle) {
                busy_poll_.count_work(since - woke);
            }
            if (!idle || !poll(since)) {
                int timeout_ms = idle && mailbox_->try_park() ? milliseconds_to_sleep() : 0;
                counters_.wakes += poller_.wait(timeout_ms) != 0 && timeout_ms != 0 ? 1 : 0;
                mailbox_->unpark();
            }
            round([this] { poller_.notify_targets(); });
            if (idle) {
                busy_poll_.count_gap(now_ - since);
                woke = now_;
            }
        }
    }

    // Polls for events and mail until there are some; false if it is better to sleep. See busy_poll.hpp.
    bool poll(TimePoint since) noexcept {
        const TimePoint until = std::min(since + busy_poll_.budget(), timers_.earliest());
        for (TimePoint now = since; now < until;) {
            const bool has_mail = !mailbox_->try_park();
            mailbox_->unpark();
            if (has_mail || poller_.wait(0) != 0) {
                return true;
            }
            ::sched_yield();
            const TimePoint before = std::exchange(now, Clock::now());
            if (now - before > preempted_after) {
                return false;
            }
        }
        return false;
    }

    int milliseconds_to_sleep() const noexcept {
        if (timers_.earliest() == never) {
            return -1;
        }
        auto left = std::chrono::ceil<std::chrono::milliseconds>(timers_.earliest() - Clock::now());
        return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, sleep_max_ms));
    }

    void run_asio() {
        for (;;) {
            try {
                io_.run();
                return;
            } catch (...) {
                if (!on_exception_) {
                    close();
                    throw;
                }
                on_exception_(std::current_exception());
            }
        }
    }

    template <typename Work>
    void round(const Work& work) noexcept {
        CurrentScope scope(owner_, slabs_, *mailbox_);
        phase_ = Phase::in_round;
        const TimePoint before = std::exchange(now_, Clock::now());
        ++counters_.rounds;
        mailbox_->deliver_all();
        if (timers_.earliest() <= now_) {
            timer_delays_.count(now_ - std::max(timers_.earliest(), before));  // some are set to a time in the past
            timers_.fire_due(now_);
        }
        work();
        deferred_.run(std::min(deferred_.size(), deferred_per_round_max));
        phase_ = Phase::awake;
    }

    // Runs rounds until nothing is ready, but not more than `rounds_per_turn`, so that other handlers of the io_context
    // get a turn.
    void turn() noexcept {
        for (int i = 0; i < rounds_per_turn && !is_closed(); ++i) {
            std::size_t events = 0;
            round([&] { events = poller_.dispatch(); });
            if (events == 0 && timers_.earliest() > now_ && deferred_.empty() && mailbox_->try_park()) {
                phase_ = Phase::parked;
                sleep();
                return;
            }
        }
        if (!is_closed()) {
            sleep();
            kick();  // the watch does not see mail, so return by post
        }
    }

    void sleep() noexcept {
        if (!is_closed()) {
            asio_sleep_.watch(*this);
            arm_alarm();
        }
    }

    void kick() noexcept { asio_sleep_.post(*this); }

    void arm_alarm() noexcept {
        if (asio_sleep_.set_alarm(*this, timers_.earliest())) {
            ++counters_.timer_arms;
        }
    }

    void on_wake(AsioSleep::Cause cause) noexcept override {
        const auto alone = exclude_others();
        asio_sleep_.woken_by(cause);
        if (cause == AsioSleep::Cause::events) {
            ++counters_.wakes;
        }
        if (!is_closed()) {
            wake_up();
            turn();
        }
    }

    bool is_closed() const noexcept { return life_ == Life::closed; }

    using OwnMail = buffer::WakeMail<Core, Core*>;  // the mailbox is closed before the core goes

    BusyPoll busy_poll_;
    Mutex working_;  // with an application's io_context
    const IntrusivePtr<OwnMail> look_mail_ = make_intrusive<OwnMail>([](Core* const&) noexcept {});
    const IntrusivePtr<OwnMail> stop_mail_ =
        make_intrusive<OwnMail>([](Core* const& core) noexcept { core->stop_here(); });
    AsioSleep asio_sleep_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
    int bell_fd_ = -1;
    TimePoint now_{};
    Phase phase_ = Phase::awake;
    Life life_ = Life::running;
    std::atomic<bool> direct_;  // the thread is our own, and the io_context was not requested
};

Worker::Worker(Duration busy_poll)
    : core_(std::make_shared<Core>(*this, std::make_unique<asio::io_context>(1), nullptr, busy_poll)) {
    core_->begin_life();
}

Worker::Worker(asio::io_context& application)
    : core_(std::make_shared<Core>(*this, nullptr, &application, Duration::zero())) {
    core_->begin_life();
}

Worker::~Worker() {
    stop();
    join();
    core_->end_residents();
    core_->drop_io();
}

void Worker::start() {
    if (!owns_thread() || core_->started_) {
        return;
    }
    core_->thread_ = std::thread([core = core_.get()] { core->run(); });
    core_->started_ = true;
}

void Worker::run() {
    core_->started_ = true;
    core_->run();
}

void Worker::stop() noexcept {
    core_->request_stop();
}

void Worker::join() {
    if (core_->thread_.joinable()) {
        check(core_->thread_.get_id() != std::this_thread::get_id(), "a worker is joined by another thread");
        core_->thread_.join();
    }
}

std::shared_ptr<HandlerHome> Worker::handler_home() noexcept {
    return core_;
}

bool Worker::owns_thread() const noexcept {
    return core_->own_io_ != nullptr;
}
asio::io_context& Worker::io() noexcept {
    return core_->io();
}
ShutdownHooks& Worker::shutdown_hooks() noexcept {
    check_here(*this);
    return core_->shutdown_hooks_;
}
Poller& Worker::poller() noexcept {  // whose unwatch() is for any thread
    return core_->poller_;
}
buffer::SlabPool& Worker::slabs() noexcept {  // whose counts any thread may read
    return core_->slabs_;
}
NameService& Worker::names() noexcept {
    check_here(*this);
    return *core_->names_;
}
Turns& Worker::turns() {
    check_here(*this);
    if (!turns_) {
        turns_ = std::make_unique<Turns>(*this);
    }
    return *turns_;
}
TimePoint Worker::now() const noexcept {
    check_here(*this);
    return core_->now();
}
void Worker::defer(Deferred& deferred) noexcept {
    check_here(*this);
    core_->defer(deferred);
}
void Worker::as_round(const std::function<void()>& function) noexcept {
    core_->as_round(function);
}
Worker* Worker::current() noexcept {
    return current_worker;
}
bool Worker::runs_here() const noexcept {
    return here() || core_->io_.get_executor().running_in_this_thread();
}
const std::shared_ptr<buffer::Mailbox>& Worker::mailbox() const noexcept {
    return core_->mailbox_;
}
void Worker::on_exception(std::function<void(std::exception_ptr)> handler) {
    core_->on_exception_ = std::move(handler);
}
Worker::Counters Worker::counters() const noexcept {
    Counters counters = core_->counters_;
    counters.system_calls = core_->poller_.system_calls();
    return counters;
}
std::optional<CpuTimes> Worker::cpu_times() const noexcept {
    const int number = core_->thread_number_.load(std::memory_order_relaxed);
    return number != 0 ? cpu_times_of_thread(number) : std::nullopt;
}
const metrics::WorkTimes& Worker::timer_delays() const noexcept {
    return core_->timer_delays_;
}
std::size_t Worker::timers_set() const noexcept {
    return core_->timers_.size();
}
TimerQueue& Worker::timer_queue() noexcept {
    check_here(*this);
    return core_->timers_;
}
void Worker::timer_moved() noexcept {
    core_->timer_moved();
}

}  // namespace ferrotunnel::runtime
