// Readiness of descriptors, edge-triggered: each is registered once, for everything, and not touched again (except that
// output may be watched from later on).
//
// Asio's own waits cost a system call and an allocation per operation, and while nobody waits for a read an error on
// the socket goes unnoticed. Here an event is a virtual call, and hang-ups and errors always arrive.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace ferrotunnel::runtime {

// What an edge-triggered event says of a socket. Behind an end, an error or urgent data more may wait than a short read
// gave, and it will not be announced again.
inline constexpr std::uint32_t more_behind_events = EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR;
inline constexpr std::uint32_t readable_events = EPOLLIN | more_behind_events;
inline constexpr std::uint32_t writable_events = EPOLLOUT | EPOLLHUP | EPOLLERR;

/// What wants to know about a descriptor. Edge-triggered: read until would_block (or remember that more may be there),
/// and write until would_block, or the event does not come again. The first event after `add` tells the state at that
/// time.
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
    Poller();  // throws std::system_error
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    /// Throws std::system_error, for instance when the descriptor can not be polled.
    void add(int fd, PollTarget& target) { add(fd, target, input | EPOLLOUT); }
    /// For who can usually write, and would be woken in vain to hear so: without EPOLLOUT, until `add_output`, which
    /// tells at once if there is room.
    void add_input(int fd, PollTarget& target) { add(fd, target, input); }
    void add_output(int fd, PollTarget& target) noexcept;
    /// Before `fd` is closed: a child of a fork may hold a copy, and its events would go on coming. Afterwards `target`
    /// gets no event, not even one that the current batch already holds.
    void remove(int fd, PollTarget& target) noexcept;

    /// Takes what is ready now, without waiting, and tells the targets. Returns how many events there were.
    std::size_t dispatch() noexcept;
    /// The two halves of it, for who sleeps here: waits up to `timeout_ms` (-1: for ever) until something is ready and
    /// answers how much; `tell` then tells the targets.
    std::size_t wait(int timeout_ms) noexcept;
    void tell() noexcept;

    /// Readable when there is something to dispatch, so pollers nest.
    int descriptor() const noexcept { return epoll_; }
    /// Registered descriptors, for tests and stats.
    std::size_t size() const noexcept { return size_; }
    /// Calls of epoll_wait and epoll_ctl so far.
    std::uint64_t system_calls() const noexcept { return system_calls_; }

private:
    static constexpr int batch_max = 256;
    static constexpr std::uint32_t input = EPOLLIN | EPOLLPRI | EPOLLRDHUP;

    void add(int fd, PollTarget& target, std::uint32_t events);

    int epoll_;
    std::size_t size_ = 0;
    std::uint64_t system_calls_ = 0;
    int next_ = 0;  // of the batch being told; equal to filled_ outside dispatch
    int filled_ = 0;
    std::array<epoll_event, batch_max> batch_;
};

}  // namespace ferrotunnel::runtime
