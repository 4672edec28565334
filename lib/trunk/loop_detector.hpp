// Finds out whether a public port creates its own visitors: a service whose backend leads back to the port, possibly
// through other clients and servers and behind addresses that reveal nothing. Sans-IO; LoopGuard acts on the result.
//
// In such a loop each visitor is the consequence of the previous one. So when many have arrived and are still there,
// the suspicion is tested in rounds:
//
//   idle --many arrived--> quiet: new visitors are held
//     ^                      |  ^
//     |     no arrivals for a while: all that are held are admitted
//     |                      v  | one arrived: the next round
//     +--none arrived----- followed?  ... and by exactly as many, in `proof` rounds of the test --> a loop
//
// Visitors that do not wait for each other (browsers, crowds, people) arrive at other times too, which ends the test;
// and a visitor that has received a byte from the service was not in a loop, since no end of a loop sends any. The cost
// to others is that a port with many silent visitors holds the next one for half a second, rarely.
//
// An attacker can imitate this, with many idle connections and one more in each round. So the result affects no other
// visitors: only those of the last round are disconnected, and the imitator's must be all of that round; with
// one visitor besides, the round does not count. Nor does the result bring the next test forward, unless the other
// visitors ended with the disconnected ones, as they do in a loop.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace ferrotunnel::trunk {

class LoopDetector {
public:
    /// How many visitors must have arrived within `window`, and still be there, before a loop is suspected.
    static constexpr std::uint64_t many = 64;
    static constexpr Duration window = std::chrono::seconds(60);
    /// In how many rounds exactly as many must follow as were let in. Visitors that arrive at random, at the rate that
    /// is worst for us, do so once in ten thousand times.
    static constexpr unsigned proof = 10;
    /// After this many rounds the test is over, however many of them counted.
    static constexpr unsigned rounds_max = 3 * proof;
    /// How many visitors may be held at once: several loops may run through one port, but more than this are a crowd.
    static constexpr std::size_t held_max = 8;
    /// The longest time for which a visitor is held, however many arrive after it.
    static constexpr Duration held_for_max = std::chrono::seconds(1);
    static constexpr Duration quiet_min = std::chrono::milliseconds(250);
    static constexpr Duration quiet_max = std::chrono::milliseconds(500);
    static constexpr Duration follows_within = std::chrono::milliseconds(750);
    /// The pause after a test that found nothing, unless there are twice as many visitors before it ends. It doubles
    /// each time: a busy port that is not a loop does not hold a visitor every minute.
    static constexpr Duration rest = std::chrono::minutes(1);
    static constexpr Duration rest_max = std::chrono::hours(1);

    explicit LoopDetector(Random& random) : random_(random) {}

    /// True now and then: `on_visitor` then needs the number of present visitors; otherwise it may be 0.
    bool wants_count(TimePoint now) noexcept;

    enum class Decision : std::uint8_t {
        pass,      // let it in
        pass_all,  // let in all that are held, and this one
        hold,
    };
    Decision on_visitor(TimePoint now, std::uint64_t visitors_now);

    enum class Step : std::uint8_t {
        nothing,
        admit_trial,  // let in all that are held, and report when one of them gets a byte
        admit_all,    // let in all that are held; the test is over
        loop,         // disconnect all that are held
    };
    /// Call it at `deadline`.
    Step on_time(TimePoint now);
    TimePoint deadline() const noexcept { return deadline_; }

    /// Reports that a visitor let in since the test began has got a byte: there is no loop. The others have to be let
    /// in.
    void answered(TimePoint now) noexcept { give_up(now); }
    /// Reports that most visitors ended after `loop`: it was indeed a loop. The next one is tested for at once.
    void confirm_loop() noexcept;
    bool is_testing() const noexcept { return state_ != State::idle; }

private:
    enum class State : std::uint8_t { idle, quiet, admitted };

    Decision hold(TimePoint now);
    Step end_round(TimePoint now);
    void give_up(TimePoint now) noexcept;
    void stop() noexcept;

    Random& random_;
    State state_ = State::idle;
    TimePoint deadline_ = never;
    std::size_t held_ = 0;
    TimePoint held_since_{};
    std::size_t admitted_ = 0;  // in the last round
    unsigned rounds_ = 0;
    unsigned followed_ = 0;      // rounds that counted
    std::uint64_t arrived_ = 0;  // in this window
    TimePoint window_began_{};
    Duration next_rest_ = rest;
    TimePoint rests_until_{};
    std::uint64_t tested_at_ = 0;  // visitors there at the last test
};

}  // namespace ferrotunnel::trunk
