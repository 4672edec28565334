#include "trunk/loop_watch.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::trunk;
using namespace std::chrono_literals;
using Verdict = LoopWatch::Verdict;
using Act = LoopWatch::Act;

namespace {

/// A port that makes its own visitors: each that is let in makes the next one, `latency` later.
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
        }
        return verdict;
    }
    Act at_deadline() {
        now = watch.deadline();
        const Act act = watch.on_time(now);
        if (act == Act::loop) {
            held = 0;
        }
        inside += let_in = std::exchange(held, 0);
        return act;
    }
    /// Each visitor that was let in makes one more, and nobody else comes.
    Act round(Duration latency) {
        now += latency;
        for (std::size_t i = let_in; i > 0; --i) {
            REQUIRE(visit() == Verdict::hold);
        }
        return at_deadline();
    }
    Act rounds(unsigned count) {
        Act act = Act::try_in;
        for (unsigned i = 0; i < count && act == Act::try_in; ++i) {
            act = round(1ms);
        }
        return act;
    }
    /// Lets visitors come until one is held, at most `most` of them.
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
    std::size_t let_in = 0;  // in the last round
};

}  // namespace

TEST_CASE("visitors that follow whoever is let in, and only then, are a loop", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    CHECK(port.inside >= LoopWatch::many);
    CHECK(port.inside <= LoopWatch::many + 16);
    REQUIRE(port.at_deadline() == Act::try_in);
    Act act = Act::try_in;
    unsigned rounds = 0;
    for (; act == Act::try_in; ++rounds) {
        act = port.round(700ms);  // the followers are far apart, but they come
    }
    CHECK(act == Act::loop);
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
    REQUIRE(port.at_deadline() == Act::try_in);
    CHECK(port.let_in == loops);
    CHECK(port.rounds(LoopWatch::proof) == Act::loop);
    CHECK(port.held == 0);
}

TEST_CASE("a visitor who comes besides is let in with the others, and is never part of a proof", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    REQUIRE(port.at_deadline() == Act::try_in);
    REQUIRE(port.rounds(LoopWatch::proof - 1) == Act::try_in);
    port.now += 1ms;
    REQUIRE(port.visit() == Verdict::hold);  // a stranger to the loop
    CHECK(port.rounds(1) == Act::try_in);    // the follower comes behind: two, where one was let in
    CHECK(port.let_in == 2);
    port.now += 1ms;
    REQUIRE(port.visit() == Verdict::hold);
    CHECK(port.at_deadline() == Act::try_in);  // the stranger is not a loop: one follows two
    CHECK(port.rounds(1) == Act::loop);
}

TEST_CASE("nobody is held for longer than a second, however many come behind", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    const TimePoint began = port.now;
    while (port.watch.deadline() > port.now + 200ms && port.held < LoopWatch::held_max) {
        port.now += 200ms;
        REQUIRE(port.visit() == Verdict::hold);
    }
    CHECK(port.watch.deadline() <= began + LoopWatch::held_for_max);
    CHECK(port.at_deadline() == Act::try_in);
    CHECK(port.held == 0);
}

TEST_CASE("a test in which others come all the time ends after some rounds", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    Act act = port.at_deadline();
    unsigned rounds = 0;
    for (; act == Act::try_in; ++rounds) {
        for (unsigned i = 0; i < 1 + rounds % 2; ++i) {  // never as many as in the round before
            port.now += 1ms;
            REQUIRE(port.visit() == Verdict::hold);
        }
        REQUIRE(rounds < 2 * LoopWatch::rounds_max);
        act = port.at_deadline();
    }
    CHECK(act == Act::let_all_in);
    CHECK(rounds == LoopWatch::rounds_max);
}

// An imitated loop: 80 idle connections, and then one more whenever it is time for one, as often as somebody likes.
TEST_CASE("who imitates a loop does not make the next test come sooner; a loop that fell does", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    REQUIRE(port.at_deadline() == Act::try_in);
    REQUIRE(port.rounds(LoopWatch::proof) == Act::loop);
    const bool fell = GENERATE(false, true);
    const std::uint64_t there = port.inside;
    if (fell) {
        port.watch.fell();
        port.inside = LoopWatch::many;
        CHECK(port.fill(32));
        return;
    }
    CHECK_FALSE(port.fill(there / 2));
    CHECK(port.fill(2 * there));
}

TEST_CASE("when nobody follows, all are let in, and the port rests", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    CHECK(port.at_deadline() == Act::try_in);
    CHECK(port.at_deadline() == Act::let_all_in);
    CHECK(port.held == 0);
    CHECK(port.watch.deadline() == never);
    const std::uint64_t there = port.inside;
    CHECK_FALSE(port.fill(there / 2, 10ms));  // not yet twice as many
    CHECK(port.fill(2 * there, 10ms));
    CHECK(port.inside >= 2 * (there - 1));  // as many again as were there when it was tried out
}

TEST_CASE("a byte from the service ends a test", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    REQUIRE(port.at_deadline() == Act::try_in);
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

TEST_CASE("a busy port that is not a loop holds a visitor ever more rarely", "[loop]") {
    Port port;
    const TimePoint began = port.now;
    int tests = 0;
    while (port.now - began < 24h) {
        port.now += 100ms;
        port.inside = 2 * LoopWatch::many;
        if (port.visit() == Verdict::hold) {
            ++tests;
            REQUIRE(port.at_deadline() == Act::try_in);
            REQUIRE(port.at_deadline() == Act::let_all_in);
        }
    }
    CHECK(tests >= 24);
    CHECK(tests <= 32);
}
