// Edge-triggered readiness of descriptors: each is registered once, for every event, and not touched again (except that
// watching for output may begin later).
//
// Asio's own waits cost a system call and an allocation per operation, and while no read is waiting, an error on
// the socket goes unnoticed. Here an event is a virtual call, and hang-ups and errors always arrive.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::runtime {

// Flags of an edge-triggered event after which more may be waiting than a short read returned: after an end of stream,
// an error or urgent data no further event will announce it.
inline constexpr std::uint32_t more_behind_events = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
inline constexpr std::uint32_t readable_events = EPOLLIN | more_behind_events;
inline constexpr std::uint32_t writable_events = EPOLLOUT | EPOLLHUP | EPOLLERR;

/// Receives the events of a descriptor. They are edge-triggered: read until would_block (or remember that more may be
/// there), and write until would_block, or the event does not come again. The first event after `add` reports the state
/// at that time.
class PollTarget {
public:
    /// `events` holds EPOLLIN, EPOLLPRI, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR. The target may remove and destroy
    /// itself or others.
    virtual void on_events(std::uint32_t events) noexcept = 0;

protected:
    ~PollTarget() = default;
};

/// Used by one thread at a time: the worker's, or any other while the worker does not run.
class Poller {
public:
    /// Events that are dispatched at once, the others at the next time: a worker's flushes wait for the end of a round.
    static constexpr int batch_max = 64;

    Poller();  // throws std::system_error
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Registers for input and output. Throws std::system_error, for instance if the descriptor cannot be polled.
    void add(int fd, PollTarget& target) { add(fd, target, input | EPOLLOUT); }
    /// Registers without EPOLLOUT, for targets that can usually write and would be woken in vain. `add_output` adds it
    /// later, and an event follows at once if there is room.
    void add_input(int fd, PollTarget& target) { add(fd, target, input); }
    void add_output(int fd, PollTarget& target) noexcept;
    /// Call it before `fd` is closed: a forked child may hold a copy, and events would continue to arrive. Afterwards
    /// `target` gets no event, not even one that the current batch already holds.
    void remove(int fd, PollTarget& target) noexcept;

    /// Collects the events that are ready now, without waiting, and calls the targets. Returns the number of events.
    std::size_t dispatch() noexcept;
    /// The two halves of `dispatch`, for a caller that sleeps here: `wait` waits up to `timeout_ms` (-1: for ever)
    /// until something is ready and returns the number of events; `notify_targets` then calls the targets.
    std::size_t wait(int timeout_ms) noexcept;
    void notify_targets() noexcept;

    /// Ends the watch over what the descriptor refers to now, before it is replaced: as long as another process has a
    /// copy of a socket, closing it here does not. remove() follows. Any thread.
    void unwatch(int fd) noexcept;
    /// A descriptor that is readable when there is something to dispatch, so that pollers nest.
    int descriptor() const noexcept { return epoll_; }
    /// The number of registered descriptors, for tests and stats.
    std::size_t size() const noexcept { return size_; }
    /// The number of calls of epoll_wait and epoll_ctl so far.
    std::uint64_t system_calls() const noexcept { return system_calls_; }

private:
    static constexpr std::uint32_t input = EPOLLIN | EPOLLPRI | EPOLLRDHUP;

    void add(int fd, PollTarget& target, std::uint32_t events);

    int epoll_;
    std::size_t size_ = 0;
    std::uint64_t system_calls_ = 0;
    int next_ = 0;  // index into the batch: the next event to dispatch; equal to filled_ when all were dispatched
    int filled_ = 0;
    std::array<epoll_event, batch_max> batch_;
};

}  // namespace ferrotunnel::runtime
