// Finds out whether the visitors of a public port are made by the port itself: a service whose backend leads back to
// the port, perhaps through other clients and servers and behind addresses that say nothing. Sans-IO; LoopGate acts.
//
// Then each visitor is the consequence of the one before. So when many have come, and are still there, it is tried out:
//
//   idle --many came--> quiet: visitors are held, and nobody else may come meanwhile
//     ^                   |  ^
//     |      for a while nobody came: one is let in
//     |                   v  | one came: it is held
//     +--nobody came-- followed?  ... and so often in a row that it is no accident --> a loop
//
// Who waits for nobody (browsers, crowds, people) comes at other times too, which ends it at once; and who has got a
// byte from the service was not in a loop, at whose end is nobody. What it costs others is that a port which has many
// silent visitors holds the next one for half a second, rarely.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace ferrotunnel::tunnel {

class LoopWatch {
public:
    /// Visitors that have come within `window`, and are still there, before anything is suspected.
    static constexpr std::uint64_t many = 64;
    static constexpr Duration window = std::chrono::seconds(60);
    /// How often a visitor must follow the one that was let in. Visitors that come by chance, at the rate that is worst
    /// for us, do so once in ten thousand.
    static constexpr unsigned proof = 10;
    /// Several loops may run through one port; more visitors than this are a crowd.
    static constexpr std::size_t held_max = 8;
    static constexpr Duration quiet_min = std::chrono::milliseconds(250);
    static constexpr Duration quiet_max = std::chrono::milliseconds(500);
    static constexpr Duration follows_within = std::chrono::milliseconds(750);
    /// After a test that found nothing: until the next one, unless there are twice as many visitors before. Each time
    /// twice as long: a busy port that is no loop does not hold a visitor every minute.
    static constexpr Duration rest = std::chrono::minutes(1);
    static constexpr Duration rest_max = std::chrono::hours(1);

    explicit LoopWatch(Random& random) : random_(random) {}

    /// True now and then: the number of visitors that are there is wanted for `on_visitor`; else it may be 0.
    bool wants_count(TimePoint now) noexcept;

    enum class Verdict : std::uint8_t {
        pass,      // let it in
        pass_all,  // let in all that are held, and this one
        hold,
        loop,  // send it away, and all that are held
    };
    Verdict on_visitor(TimePoint now, std::uint64_t visitors_now);

    enum class Act : std::uint8_t { nothing, let_one_in, let_all_in };
    /// To be called at `deadline`.
    Act on_time(TimePoint now);
    TimePoint deadline() const noexcept { return deadline_; }

    /// Who was let in last has got a byte: it was no loop. The rest is let in.
    void answered(TimePoint now) noexcept { give_up(now); }
    bool is_testing() const noexcept { return state_ != State::idle; }

private:
    enum class State : std::uint8_t { idle, quiet, let_in };

    Verdict hold(TimePoint now);
    void give_up(TimePoint now) noexcept;
    void stop() noexcept;

    Random& random_;
    State state_ = State::idle;
    TimePoint deadline_ = never;
    std::size_t held_ = 0;
    unsigned followed_ = 0;
    std::uint64_t came_ = 0;  // in this window
    TimePoint window_began_{};
    Duration next_rest_ = rest;
    TimePoint rests_until_{};
    std::uint64_t tested_at_ = 0;  // visitors
};

}  // namespace ferrotunnel::tunnel
