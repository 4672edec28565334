// What everything in a simulation shares: time, randomness, things that will happen, and the first thing that went
// wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "support/seeded_random.hpp"

namespace ferrotunnel::simulation {

using test::SeededRandom;

class World {
public:
    World(std::uint64_t seed, bool verbose);

    TimePoint now() const noexcept { return now_; }
    SeededRandom& random() noexcept { return random_; }
    /// A duration in [low, high].
    Duration between(Duration low, Duration high);

    /// Runs `action` at `time`; what is due at the same time happens in the order in which it was planned.
    void at(TimePoint time, std::function<void()> action);
    void after(Duration delay, std::function<void()> action) { at(now_ + delay, std::move(action)); }
    /// When the next planned thing happens, or `never`.
    TimePoint next_event() const noexcept;
    void run_event();
    /// Moves the time on without running anything planned, for a session's tick.
    void advance_to(TimePoint time);

    /// The first violation is kept; the simulation stops soon after. Safe to call where exceptions may not pass.
    [[gnu::format(printf, 2, 3)]] void fail(const char* format, ...);
    const std::optional<std::string>& failure() const noexcept { return failure_; }

    bool verbose() const noexcept { return verbose_; }
    /// One line of the story, printed when a seed is replayed.
    [[gnu::format(printf, 2, 3)]] void trace(const char* format, ...);

    /// Something that a user would notice happened: bytes arrived, a stream began or ended.
    void progress() noexcept { last_progress_ = now_; }
    TimePoint last_progress() const noexcept { return last_progress_; }
    double seconds() const noexcept;

private:
    struct Planned {
        TimePoint time;
        std::uint64_t order;
        std::function<void()> action;
        bool operator>(const Planned& other) const noexcept {
            return time != other.time ? time > other.time : order > other.order;
        }
    };

    SeededRandom random_;
    TimePoint now_;
    TimePoint start_;
    TimePoint last_progress_;
    std::uint64_t order_ = 0;
    std::priority_queue<Planned, std::vector<Planned>, std::greater<>> planned_;
    std::optional<std::string> failure_;
    bool verbose_;
};

}  // namespace ferrotunnel::simulation
