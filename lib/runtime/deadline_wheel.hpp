// Deadlines of many connections over one timer of their worker: a connection that waits for its next request costs a
// list entry and nothing else.
//
//     set(node, when) --> slot of that tick --timer reaches the slot--> due? on_deadline : moved to its later slot
//
// A deadline that is only moved later stays where it is until its old slot comes, so that reading may push it for free.
// Deadlines are kept to a tick (20 ms), never early. Beyond a turn of the wheel a deadline is looked at once per turn.
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

/// One deadline. Lives on the wheel's worker; destroying it cancels, and the wheel may go first.
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

    /// It has passed, and is no longer set. May set, cancel or destroy this one and others.
    virtual void on_deadline() noexcept = 0;

private:
    friend class DeadlineWheel;
    void unlink() noexcept;

    DeadlineWheel* wheel_ = nullptr;  // while it is in a slot
    Deadline* previous_ = nullptr;
    Deadline* next_ = nullptr;
    TimePoint when_ = never;
    std::int64_t tick_ = 0;  // whose slot it is in
};

/// Of one worker.
class DeadlineWheel {
public:
    static constexpr Duration tick = std::chrono::milliseconds(20);
    static constexpr std::size_t slots = 1024;

    /// On any thread; everything else is for the worker's.
    explicit DeadlineWheel(runtime::Worker& worker) noexcept : worker_(worker) {}
    ~DeadlineWheel();

    /// Replaces what was set before; `never` cancels.
    void set(Deadline& deadline, TimePoint when) noexcept;
    void set_after(Deadline& deadline, Duration delay) noexcept;
    /// Entries in the slots, those that were cancelled not counted.
    std::size_t size() const noexcept { return size_; }

private:
    friend class Deadline;

    static std::int64_t tick_of(TimePoint when) noexcept;
    static std::size_t slot_of(std::int64_t at) noexcept { return static_cast<std::size_t>(at) % slots; }
    void link(Deadline& deadline, std::int64_t at) noexcept;
    void on_timer() noexcept;
    void visit_slot(std::int64_t at, TimePoint now) noexcept;
    void arm() noexcept;

    runtime::Worker& worker_;
    std::optional<runtime::Timer> timer_;  // from the first deadline on
    std::array<Deadline*, slots> first_{};
    std::bitset<slots> used_;
    std::size_t size_ = 0;
    std::int64_t done_ = 0;       // ticks up to this one were visited
    Deadline* cursor_ = nullptr;  // the next one of the slot that is being visited
};

}  // namespace ferrotunnel::runtime
