// The queue of one worker's requests whose service has no client at the moment. They wait in order of arrival, since a
// client that restarts, or lost its network briefly, is usually back within seconds.
//
//   enter --the directory has changed--> on_change: continues, or enters again behind the others
//     '--the visitor leaves, the time is over--> leave
//
// No event reports a change to the worker: while a request waits, it compares the directory's count of changes with
// each tick of the wheel, which is one load of an atomic; while none waits it does nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/deadline_wheel.hpp"

namespace ferrotunnel::directory {
class HttpRoutesCache;
}

namespace ferrotunnel::runtime {
class Worker;
}

namespace ferrotunnel::exchange {

class HoldQueue;

/// A request that may have to wait. Destroying it removes it from the queue.
class HoldWaiter {
public:
    HoldWaiter() = default;
    HoldWaiter(const HoldWaiter&) = delete;
    HoldWaiter& operator=(const HoldWaiter&) = delete;

    void leave_hold() noexcept;

protected:
    ~HoldWaiter() { leave_hold(); }

    /// Called when services or their trunks were added or removed, or the health of a backend changed. It is not in the
    /// queue then, and may enter again.
    virtual void on_change() noexcept = 0;

private:
    friend class HoldQueue;
    HoldQueue* queue_ = nullptr;  // while it is in the queue
    std::size_t bytes_ = 0;
    HoldWaiter* previous_ = nullptr;
    HoldWaiter* next_ = nullptr;
};

class HoldQueue final : private runtime::Deadline {
public:
    /// How many requests of a worker may wait, and how much memory their heads may use; beyond that they are rejected
    /// at once.
    static constexpr std::size_t visitors_max = 4'096;
    static constexpr std::size_t bytes_max = 16 << 20;

    HoldQueue(runtime::Worker& worker, runtime::DeadlineWheel& wheel, directory::HttpRoutesCache& routes) noexcept
        : worker_(worker), wheel_(wheel), routes_(routes) {}
    ~HoldQueue();

    /// For a request that found no client in the present routes of the cache: later changes will be noticed. False if
    /// there is no room for another request of `bytes`.
    bool enter(HoldWaiter& visitor, std::size_t bytes) noexcept { return enter(visitor, bytes, routes_.changes()); }
    /// Likewise, for one that learned by asking that there is none: changes later than `seen`, the directory's count
    /// when it began to ask, will be noticed.
    bool enter(HoldWaiter& visitor, std::size_t bytes, std::uint64_t seen) noexcept;
    /// Ends all waiting: those in the queue are called a last time, and find it full from then on. Called when the
    /// server shuts down, so that no client can return.
    void close() noexcept;
    std::size_t waiting() const noexcept { return waiting_; }

private:
    friend class HoldWaiter;

    void on_deadline() noexcept override;
    void notify_all() noexcept;
    void remove(HoldWaiter& visitor) noexcept;

    runtime::Worker& worker_;
    runtime::DeadlineWheel& wheel_;
    directory::HttpRoutesCache& routes_;
    std::uint64_t seen_ = 0;  // count of directory changes that all of them have seen
    HoldWaiter* first_ = nullptr;
    HoldWaiter* last_ = nullptr;
    std::size_t waiting_ = 0;
    std::size_t bytes_ = 0;
    bool is_closed_ = false;
};

}  // namespace ferrotunnel::exchange
