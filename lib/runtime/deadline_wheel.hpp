// Deadlines of many connections with one timer of their worker: a connection that waits for its next request costs only
// one list entry.
//
//     set(node, when) --> slot of that tick --timer reaches the slot--> due? on_deadline : moved to its later slot
//
// A deadline that is only moved later stays in its slot until the timer reaches that slot, so moving the deadline with
// every read is free. Deadlines fire within a tick (20 ms) after their time, never early. A deadline further away than
// one turn of the wheel is checked once per turn. Thousands of visitors that arrived together have their deadlines at
// once: a round fires a few of them, and sockets have their turn before the next.
#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "runtime/timer.hpp"

namespace ferrotunnel::runtime {
class Worker;
}

namespace ferrotunnel::runtime {

class DeadlineWheel;

/// One deadline. Lives on the wheel's worker; destroying it cancels. The wheel may be destroyed before it.
class Deadline {
public:
    Deadline() = default;
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    TimePoint when() const noexcept { return when_; }
    bool is_set() const noexcept { return when_ != never; }
    void cancel() noexcept;

protected:
    ~Deadline() { unlink(); }

    /// Called when the deadline has passed; it is no longer set. May set, cancel or destroy this deadline and others.
    virtual void on_deadline() noexcept = 0;

private:
    friend class DeadlineWheel;
    void unlink() noexcept;

    DeadlineWheel* wheel_ = nullptr;  // null while it is in no slot
    Deadline* previous_ = nullptr;
    Deadline* next_ = nullptr;
    TimePoint when_ = never;
    std::int64_t tick_ = 0;  // the tick in whose slot it is
};

/// The deadlines of one worker.
class DeadlineWheel {
public:
    static constexpr Duration tick = std::chrono::milliseconds(20);
    static constexpr std::size_t slots = 1024;
    /// Deadlines that fire in one round.
    static constexpr int per_round_max = 16;

    /// May be called on any thread; everything else is for the worker's thread.
    explicit DeadlineWheel(runtime::Worker& worker) noexcept : worker_(worker) {}
    ~DeadlineWheel();

    /// Replaces the time set before; `never` cancels.
    void set(Deadline& deadline, TimePoint when) noexcept;
    void set_after(Deadline& deadline, Duration delay) noexcept;
    /// The number of entries in the slots, without those that were cancelled.
    std::size_t size() const noexcept { return size_; }

private:
    friend class Deadline;

    static std::int64_t tick_of(TimePoint when) noexcept;
    static std::size_t slot_of(std::int64_t at) noexcept { return static_cast<std::size_t>(at) % slots; }
    void link(Deadline& deadline, std::int64_t at) noexcept;
    void on_timer() noexcept;
    bool visit_slot(std::int64_t at, TimePoint now, int& left) noexcept;
    void arm() noexcept;

    runtime::Worker& worker_;
    std::optional<runtime::Timer> timer_;  // created with the first deadline
    std::array<Deadline*, slots> first_{};
    std::bitset<slots> used_;
    std::size_t size_ = 0;
    std::int64_t done_ = 0;       // ticks up to this one have been visited, or are being visited
    std::int64_t next_ = 1;       // the first tick with entries left: after done_ if there are none
    bool is_visiting_ = false;    // next_ is on its way
    Deadline* cursor_ = nullptr;  // the next entry of the slot that is being visited
};

}  // namespace ferrotunnel::runtime
