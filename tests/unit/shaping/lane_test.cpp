#include "shaping/lane.hpp"

#include <catch2/catch.hpp>
#include <chrono>

#include "shaped_crowd.hpp"
#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::shaping;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t KiB = 1024;
constexpr std::uint64_t MiB = 1024 * KiB;

TokenRates of_token(std::uint64_t rate) {
    return {.all = {rate, rate}, .service = {}, .visitor = {}};
}

void check_rate(std::uint64_t moved, std::uint64_t rate, double seconds) {
    const double expected = static_cast<double>(rate) * seconds;
    CHECK(static_cast<double>(moved) > expected * 0.95);
    CHECK(static_cast<double>(moved) < expected * 1.05);
}

}  // namespace

TEST_CASE("a token's rate is kept to within 5 % over 10 s by 1, 100 and 10,000 visitors, fairly", "[shaping]") {
    const std::size_t visitors = GENERATE(std::size_t{1}, std::size_t{100}, std::size_t{10'000});
    const std::uint64_t rate = GENERATE(64 * KiB, MiB, 100 * MiB);
    const std::size_t workers = GENERATE(std::size_t{1}, std::size_t{3});
    CAPTURE(visitors, rate, workers);
    test::SeededRandom random(visitors + rate);
    ShapedCrowd crowd(of_token(rate), workers);
    for (std::size_t i = 0; i < visitors; ++i) {
        // Most of them are on the first worker: the others' visitors get no more for it.
        crowd.add(i % 10 == 0 ? i / 10 % workers : 0)->wake();
    }
    crowd.run(10s, &random);
    check_rate(crowd.moved(), rate, 10);
    // A turn is 512 bytes at least: slow tokens of many need longer until everybody had some. From then on it is fair.
    const auto turn = std::chrono::milliseconds(visitors * 512 * 1000 / rate);
    crowd.run(turn, &random);
    crowd.forget_moved();
    crowd.run(10s + 10 * turn, &random);
    CHECK(crowd.fairness() > 0.95);
    for (const auto& visitor : crowd.visitors) {
        CHECK(visitor->turns > 0);
    }
}

TEST_CASE("visitors who move little at a time get as much in all as those who fill their turns", "[shaping]") {
    ShapedCrowd crowd(of_token(MiB));
    for (int i = 0; i < 50; ++i) {
        crowd.add()->piece = 100;
    }
    crowd.wake_all();
    crowd.run(2s);
    crowd.forget_moved();
    crowd.run(10s);
    check_rate(crowd.moved(), MiB, 10);
    CHECK(crowd.fairness() > 0.95);
}

TEST_CASE("each visitor and each service has its own rate within that of the token", "[shaping]") {
    ShapedCrowd crowd({.all = {0, 4 * MiB}, .service = {0, MiB}, .visitor = {0, 256 * KiB}});
    SECTION("few visitors have what one may have") {
        crowd.add();
        crowd.add();
        crowd.wake_all();
        crowd.run(10s);
        for (const auto& visitor : crowd.visitors) {
            check_rate(visitor->moved, 256 * KiB, 10);
        }
    }
    SECTION("many have what the service may have, and other services have their own") {
        const auto other = std::make_shared<ServiceShape>(crowd.token);
        other->set({.all = {0, 4 * MiB}, .service = {0, MiB}, .visitor = {}}, crowd.now);
        for (int i = 0; i < 40; ++i) {
            crowd.add();
        }
        const auto first = std::exchange(crowd.service, other);
        crowd.add();
        crowd.wake_all();
        crowd.run(10s);
        check_rate(crowd.visitors.back()->moved, MiB, 10);
        check_rate(crowd.moved() - crowd.visitors.back()->moved, MiB, 10);
    }
    SECTION("what goes the other way has no bound") {
        crowd.add(0, Direction::up)->wake();
        CHECK(crowd.visitors.front()->unbounded);
    }
}

TEST_CASE("a visitor who dies while it waits leaves nothing behind", "[shaping]") {
    ShapedCrowd crowd(of_token(100 * KiB));
    for (int i = 0; i < 1'000; ++i) {
        crowd.add();
    }
    crowd.wake_all();
    CHECK(crowd.waiting() > 900);
    CHECK(crowd.token->buckets.of(Direction::down).waiting() == crowd.waiting());
    crowd.visitors.resize(1);  // the others' turns would have taken 5 s
    CHECK(crowd.waiting() <= 1);
    CHECK(crowd.token->buckets.of(Direction::down).waiting() <= 1);
    crowd.run(500ms);
    crowd.forget_moved();
    crowd.run(10s);
    check_rate(crowd.moved(), 100 * KiB, 10);
    crowd.visitors.clear();
    CHECK(crowd.waiting() == 0);
    CHECK(crowd.token->buckets.of(Direction::down).waiting() == 0);
}

TEST_CASE("a change of rate is one for those who wait", "[shaping]") {
    ShapedCrowd crowd(of_token(2 * KiB));
    for (int i = 0; i < 100; ++i) {
        crowd.add();
    }
    crowd.wake_all();
    crowd.run(1s);
    const std::uint64_t before = crowd.moved();
    CHECK(before < 10 * KiB);
    crowd.set(of_token(MiB));
    crowd.run(10s);
    check_rate(crowd.moved() - before, MiB, 10);
    CHECK(crowd.fairness() > 0.95);
    crowd.set(of_token(10 * KiB));
    crowd.run(1s);  // what they had taken at the faster rate
    crowd.forget_moved();
    crowd.run(60s);
    check_rate(crowd.moved(), 10 * KiB, 60);
    crowd.set({});
    crowd.run(1ms);
    CHECK(crowd.waiting() == 0);
    for (const auto& visitor : crowd.visitors) {
        CHECK(visitor->unbounded);
    }
    crowd.set(of_token(MiB));
    crowd.forget_moved();
    crowd.wake_all();
    crowd.run(10s);
    check_rate(crowd.moved(), MiB, 10);
}

TEST_CASE("a rate for visitors is also one for those who are there", "[shaping]") {
    ShapedCrowd crowd({.all = {}, .service = {}, .visitor = {0, 16 * KiB}});
    crowd.add()->wake();
    crowd.run(2s);
    crowd.forget_moved();
    crowd.set({.all = {}, .service = {}, .visitor = {0, MiB}});
    crowd.run(10s);
    check_rate(crowd.moved(), MiB, 10);
}

TEST_CASE("what passes without having asked counts", "[shaping]") {
    ShapedCrowd crowd(of_token(MiB));
    Lane lane(std::make_shared<VisitorShape>(crowd.service), Direction::down, *crowd.add());
    lane.passed(MiB, crowd.now);
    CHECK(lane.acquire(crowd.now) == 0);
    CHECK(lane.acquire(crowd.now + 900ms) == 0);
    CHECK(lane.acquire(crowd.now + 1100ms) > 0);
}

TEST_CASE("who does not wait has its share while others do", "[shaping]") {
    ShapedCrowd crowd(of_token(MiB));
    for (int i = 0; i < 9; ++i) {
        crowd.add();
    }
    crowd.wake_all();
    Lane datagrams(std::make_shared<VisitorShape>(crowd.service), Direction::down, *crowd.visitors.front());
    std::uint64_t passed = 0;
    for (int i = 0; i < 10'000; ++i) {
        crowd.run(1ms);
        if (datagrams.acquire(crowd.now) != 0) {  // 1.2 MiB a second
            datagrams.passed(1'200, crowd.now);
            passed += 1'200;
        }
    }
    check_rate(crowd.moved() + passed, MiB, 10);
    CHECK(passed > MiB / 2);
    CHECK(passed < 2 * MiB);
}
