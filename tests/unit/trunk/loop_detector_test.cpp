#include "trunk/loop_detector.hpp"

#include <catch2/catch.hpp>
#include <utility>

#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::trunk;
using namespace std::chrono_literals;
using Decision = LoopDetector::Decision;
using Step = LoopDetector::Step;

namespace {

/// A port that makes its own visitors: each that is let in makes the next one, `latency` later.
struct Port {
    Decision visit() {
        const std::uint64_t count = watch.wants_count(now) ? inside : 0;
        const Decision verdict = watch.on_visitor(now, count);
        switch (verdict) {
            case Decision::pass_all:
                inside += std::exchange(held, 0) + 1;
                break;
            case Decision::pass:
                ++inside;
                break;
            case Decision::hold:
                ++held;
                break;
        }
        return verdict;
    }
    Step at_deadline() {
        now = watch.deadline();
        const Step act = watch.on_time(now);
        if (act == Step::loop) {
            held = 0;
        }
        inside += admitted = std::exchange(held, 0);
        return act;
    }
    /// Each visitor that was let in makes one more, and nobody else comes.
    Step round(Duration latency) {
        now += latency;
        for (std::size_t i = admitted; i > 0; --i) {
            REQUIRE(visit() == Decision::hold);
        }
        return at_deadline();
    }
    Step rounds(unsigned count) {
        Step act = Step::admit_trial;
        for (unsigned i = 0; i < count && act == Step::admit_trial; ++i) {
            act = round(1ms);
        }
        return act;
    }
    /// Lets visitors come until one is held, at most `most` of them.
    bool fill(std::uint64_t most, Duration apart = 1ms) {
        for (std::uint64_t i = 0; i < most; ++i) {
            now += apart;
            if (visit() == Decision::hold) {
                return true;
            }
        }
        return false;
    }

    test::SeededRandom random{1};
    LoopDetector watch{random};
    TimePoint now = TimePoint{} + 1h;
    std::uint64_t inside = 0;
    std::size_t held = 0;
    std::size_t admitted = 0;  // in the last round
};

}  // namespace

TEST_CASE("visitors that follow whoever is let in, and only then, are a loop", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    CHECK(port.inside >= LoopDetector::many);
    CHECK(port.inside <= LoopDetector::many + 16);
    REQUIRE(port.at_deadline() == Step::admit_trial);
    Step act = Step::admit_trial;
    unsigned rounds = 0;
    for (; act == Step::admit_trial; ++rounds) {
        act = port.round(700ms);  // the followers are far apart, but they come
    }
    CHECK(act == Step::loop);
    CHECK(rounds == LoopDetector::proof);
    CHECK_FALSE(port.watch.is_testing());
    CHECK(port.watch.deadline() == never);
}

TEST_CASE("several loops through one port are found together, and a crowd is none", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    const auto loops = GENERATE(2U, 8U, 9U);
    Decision verdict = Decision::hold;
    for (unsigned i = 1; i < loops; ++i) {
        verdict = port.visit();
    }
    if (loops == 9) {  // one more than are held
        CHECK(verdict == Decision::pass_all);
        CHECK(port.held == 0);
        CHECK_FALSE(port.watch.is_testing());
        return;
    }
    REQUIRE(port.at_deadline() == Step::admit_trial);
    CHECK(port.admitted == loops);
    CHECK(port.rounds(LoopDetector::proof) == Step::loop);
    CHECK(port.held == 0);
}

TEST_CASE("a visitor who comes besides is let in with the others, and is never part of a proof", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    REQUIRE(port.at_deadline() == Step::admit_trial);
    REQUIRE(port.rounds(LoopDetector::proof - 1) == Step::admit_trial);
    port.now += 1ms;
    REQUIRE(port.visit() == Decision::hold);     // a stranger to the loop
    CHECK(port.rounds(1) == Step::admit_trial);  // the follower comes behind: two, where one was let in
    CHECK(port.admitted == 2);
    port.now += 1ms;
    REQUIRE(port.visit() == Decision::hold);
    CHECK(port.at_deadline() == Step::admit_trial);  // the stranger is not a loop: one follows two
    CHECK(port.rounds(1) == Step::loop);
}

TEST_CASE("nobody is held for longer than a second, however many come behind", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    const TimePoint began = port.now;
    while (port.watch.deadline() > port.now + 200ms && port.held < LoopDetector::held_max) {
        port.now += 200ms;
        REQUIRE(port.visit() == Decision::hold);
    }
    CHECK(port.watch.deadline() <= began + LoopDetector::held_for_max);
    CHECK(port.at_deadline() == Step::admit_trial);
    CHECK(port.held == 0);
}

TEST_CASE("a test in which others come all the time ends after some rounds", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    Step act = port.at_deadline();
    unsigned rounds = 0;
    for (; act == Step::admit_trial; ++rounds) {
        for (unsigned i = 0; i < 1 + rounds % 2; ++i) {  // never as many as in the round before
            port.now += 1ms;
            REQUIRE(port.visit() == Decision::hold);
        }
        REQUIRE(rounds < 2 * LoopDetector::rounds_max);
        act = port.at_deadline();
    }
    CHECK(act == Step::admit_all);
    CHECK(rounds == LoopDetector::rounds_max);
}

// An imitated loop: 80 idle connections, and then one more whenever it is time for one, as often as somebody likes.
TEST_CASE("who imitates a loop does not make the next test come sooner; a loop that fell does", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    REQUIRE(port.at_deadline() == Step::admit_trial);
    REQUIRE(port.rounds(LoopDetector::proof) == Step::loop);
    const bool confirm_loop = GENERATE(false, true);
    const std::uint64_t there = port.inside;
    if (confirm_loop) {
        port.watch.confirm_loop();
        port.inside = LoopDetector::many;
        CHECK(port.fill(32));
        return;
    }
    CHECK_FALSE(port.fill(there / 2));
    CHECK(port.fill(2 * there));
}

TEST_CASE("when nobody follows, all are let in, and the port rests", "[loop]") {
    Port port;
    REQUIRE(port.fill(1'000));
    CHECK(port.at_deadline() == Step::admit_trial);
    CHECK(port.at_deadline() == Step::admit_all);
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
    REQUIRE(port.at_deadline() == Step::admit_trial);
    port.watch.answered(port.now);
    CHECK_FALSE(port.watch.is_testing());
    CHECK(port.visit() == Decision::pass);
}

TEST_CASE("who comes slowly, or does not stay, is never held", "[loop]") {
    Port slow;
    CHECK_FALSE(slow.fill(2'000, LoopDetector::window / LoopDetector::many + 20ms));
    Port brief;
    for (int i = 0; i < 10'000; ++i) {
        brief.now += 1ms;
        brief.inside = LoopDetector::many - 1;
        REQUIRE(brief.visit() == Decision::pass);
    }
}

TEST_CASE("a busy port that is not a loop holds a visitor ever more rarely", "[loop]") {
    Port port;
    const TimePoint began = port.now;
    int tests = 0;
    while (port.now - began < 24h) {
        port.now += 100ms;
        port.inside = 2 * LoopDetector::many;
        if (port.visit() == Decision::hold) {
            ++tests;
            REQUIRE(port.at_deadline() == Step::admit_trial);
            REQUIRE(port.at_deadline() == Step::admit_all);
        }
    }
    CHECK(tests >= 24);
    CHECK(tests <= 32);
}
