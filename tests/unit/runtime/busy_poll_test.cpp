#include "runtime/busy_poll.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <thread>

#include "runtime/timer.hpp"
#include "runtime/worker.hpp"
#include "unit/runtime/loop.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::runtime;
using namespace std::chrono_literals;

namespace {

/// Counts gaps until the worker would poll, or until it would not.
int gaps_until(BusyPoll& policy, bool polls, Duration gap) {
    int count = 0;
    while ((policy.budget() > Duration::zero()) != polls && count < 1'000) {
        policy.count_gap(gap);
        ++count;
    }
    return count;
}

}  // namespace

TEST_CASE("a worker polls once its work has come in quick succession, and ends when it no longer does") {
    BusyPoll policy(50us);
    CHECK(policy.budget() == 0us);
    const int learnt = gaps_until(policy, true, 10us);
    CHECK(learnt > 1);
    CHECK(learnt < 32);
    CHECK(policy.budget() == 50us);
    SECTION("one pause is not the end of it") {
        for (int i = 0; i < 32; ++i) {
            policy.count_gap(10us);
        }
        policy.count_gap(10s);
        CHECK(policy.budget() == 50us);
    }
    SECTION("a few are") {
        CHECK(gaps_until(policy, false, 1s) < 8);
    }
    SECTION("while each wake brings much work, others need the processor") {
        for (int i = 0; i < 32; ++i) {
            policy.count_work(100us);
        }
        CHECK(policy.budget() == 0us);
        for (int i = 0; i < 32; ++i) {
            policy.count_work(5us);
        }
        CHECK(policy.budget() == 50us);
    }
    SECTION("work that always comes a little too late is not waited for") {
        CHECK(gaps_until(policy, false, 50us * (BusyPoll::worthwhile + 1)) < 32);
    }
}

TEST_CASE("a worker that is not to poll never does") {
    BusyPoll policy(0us);
    for (int i = 0; i < 1'000; ++i) {
        policy.count_gap(0us);
        CHECK(policy.budget() == 0us);
    }
}

TEST_CASE("a worker that polls gets its mail and its timers, and sleeps when nothing more comes") {
    Worker worker(1ms);
    worker.start();
    for (int i = 0; i < 2'000; ++i) {
        CHECK(test::on(worker, [i] { return i; }) == i);
    }
    test::Signal rang;
    std::unique_ptr<Timer> timer;
    test::on(worker, [&] {
        timer = std::make_unique<Timer>(worker, [&] { rang.tell(); });
        timer->set(worker.now() + 5ms);
    });
    CHECK(rang.wait());
    test::on(worker, [&] { timer.reset(); });

    const auto looks = [&] { return test::on(worker, [&] { return worker.counters().system_calls; }); };
    const std::uint64_t before = looks();
    std::this_thread::sleep_for(200ms);
    CHECK(looks() - before < 20'000);  // ten times as many if it never slept
}
