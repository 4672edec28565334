#include "tunnel/loop_watch.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::tunnel;
using namespace std::chrono_literals;
using Verdict = LoopWatch::Verdict;
using Act = LoopWatch::Act;

namespace {

/// A port whose visitors are made by itself: each that is let in makes the next one, `latency` later.
struct Port {
    Verdict visit() {
        const std::uint64_t count = watch.wants_count(now) ? inside : 0;
        const Verdict verdict = watch.on_visitor(now, count);
        switch (verdict) {
            case Verdict::pass_all:
                inside += std::exchange(held, 0) + 1;
                break;
            case Verdict::pass:
                ++inside;
                break;
            case Verdict::hold:
                ++held;
                break;
            case Verdict::loop:
                held = 0;
                break;
        }
        return verdict;
    }
    Act at_deadline() {
        now = watch.deadline();
        const Act act = watch.on_time(now);
        if (act == Act::let_one_in) {
            --held;
            ++inside;
        } else if (act == Act::let_all_in) {
            inside += std::exchange(held, 0);
        }
        return act;
    }
    /// Until one is held, at most so many.
    bool fill(std::uint64_t most, Duration apart = 1ms) {
        for (std::uint64_t i = 0; i < most; ++i) {
            now += apart;
            if (visit() == Verdict::hold) {
                return true;
            }
        }
        return false;
    }

    test::SeededRandom random{1};
    LoopWatch watch{random};
    TimePoint now = TimePoint{} + 1h;
    std::uint64_t inside = 0;
    std::size_t held = 0;
};

}  // namespace

TEST_CASE("visitors that follow whoever is let in, and only then, are a loop", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    CHECK(port.inside >= LoopWatch::many);
    CHECK(port.inside <= LoopWatch::many + 16);
    Verdict verdict = Verdict::hold;
    unsigned rounds = 0;
    for (; verdict == Verdict::hold; ++rounds) {
        REQUIRE(port.at_deadline() == Act::let_one_in);
        port.now += 700ms;  // far apart, but it comes
        verdict = port.visit();
    }
    CHECK(verdict == Verdict::loop);
    CHECK(rounds == LoopWatch::proof);
    CHECK_FALSE(port.watch.is_testing());
    CHECK(port.watch.deadline() == never);
}

TEST_CASE("several loops through one port are found together, and a crowd is none", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    const auto loops = GENERATE(2U, 8U, 9U);
    Verdict verdict = Verdict::hold;
    for (unsigned i = 1; i < loops; ++i) {
        verdict = port.visit();
    }
    if (loops == 9) {  // one more than are held
        CHECK(verdict == Verdict::pass_all);
        CHECK(port.held == 0);
        CHECK_FALSE(port.watch.is_testing());
        return;
    }
    for (int round = 0; verdict == Verdict::hold && round < 100; ++round) {
        REQUIRE(port.at_deadline() == Act::let_one_in);
        port.now += 1ms;
        verdict = port.visit();
    }
    CHECK(verdict == Verdict::loop);
}

TEST_CASE("when nobody follows, all are let in, and the port rests", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    CHECK(port.at_deadline() == Act::let_one_in);
    CHECK(port.at_deadline() == Act::let_all_in);
    CHECK(port.held == 0);
    CHECK(port.watch.deadline() == never);
    const std::uint64_t there = port.inside;
    CHECK_FALSE(port.fill(there / 2, 10ms));  // not yet twice as many
    CHECK(port.fill(2 * there, 10ms));
    CHECK(port.inside >= 2 * (there - 1));  // as many as were there when it was tried out
}

TEST_CASE("a byte from the service ends a test", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    REQUIRE(port.at_deadline() == Act::let_one_in);
    port.watch.answered(port.now);
    CHECK_FALSE(port.watch.is_testing());
    CHECK(port.visit() == Verdict::pass);
}

TEST_CASE("who comes slowly, or does not stay, is never held", "[loop]") {
    Port slow;
    CHECK_FALSE(slow.fill(2'000, LoopWatch::window / LoopWatch::many + 20ms));
    Port brief;
    for (int i = 0; i < 10'000; ++i) {
        brief.now += 1ms;
        brief.inside = LoopWatch::many - 1;
        REQUIRE(brief.visit() == Verdict::pass);
    }
}

TEST_CASE("a busy port that is no loop holds a visitor ever more rarely", "[loop]") {
    Port port;
    const TimePoint began = port.now;
    int tests = 0;
    while (port.now - began < 24h) {
        port.now += 100ms;
        port.inside = 2 * LoopWatch::many;
        if (port.visit() == Verdict::hold) {
            ++tests;
            REQUIRE(port.at_deadline() == Act::let_one_in);
            REQUIRE(port.at_deadline() == Act::let_all_in);
        }
    }
    CHECK(tests >= 24);
    CHECK(tests <= 32);
}
