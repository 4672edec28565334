// One rate that several threads share, as workers do.
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "shaped_crowd.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::shaping;
using namespace std::chrono_literals;

TEST_CASE("threads that share a rate do not get more together, while it changes", "[shaping]") {
    constexpr std::uint64_t rate = 8 * 1024 * 1024;
    constexpr TimePoint begin{1h};
    const auto token = std::make_shared<TokenShape>();
    const auto service = std::make_shared<ServiceShape>(token);
    const TokenRates rates{.all = {rate, rate}, .service = {}, .visitor = {0, rate}};
    token->buckets.set(rates.all, begin);
    service->set(rates, begin);
    // Each thread has a clock of its own, which continues by a millisecond when all of its visitors wait.
    constexpr int milliseconds = 2'000;
    std::atomic<std::uint64_t> moved{0};
    std::atomic<bool> over{false};
    std::vector<std::thread> workers;
    for (int i = 0; i < 3; ++i) {
        workers.emplace_back([&] {
            TimePoint now = begin;
            TurnQueue queue;
            std::vector<IntrusivePtr<ShapedVisitor>> visitors;
            for (int j = 0; j < 20; ++j) {
                visitors.push_back(make_intrusive<ShapedVisitor>(queue, now, std::make_shared<VisitorShape>(service)));
                visitors.back()->wake();
            }
            for (int passed = 0; passed < milliseconds; ++passed) {
                now += 1ms;
                if (passed % 64 == 0) {
                    queue.reschedule(now);
                }
                queue.call(now, 1'000);
            }
            for (const auto& visitor : visitors) {
                moved += visitor->moved;
            }
        });
    }
    std::thread changing([&] {
        while (!over) {
            token->buckets.set({rate / 2, rate / 2}, begin);
            service->set({.all = rates.all, .service = {}, .visitor = {0, rate / 2}}, begin);
            token->buckets.set(rates.all, begin);
            std::this_thread::yield();
        }
    });
    for (std::thread& worker : workers) {
        worker.join();
    }
    over = true;
    changing.join();
    // A thread whose clock is ahead has what the others' clocks have come to only later: never more than by the latest.
    CHECK(moved <= rate * 2 * 105 / 100);
    CHECK(moved > 0);
    CHECK(token->buckets.of(Direction::down).waiting() == 0);
}
