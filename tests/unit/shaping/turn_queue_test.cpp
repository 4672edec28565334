#include "shaping/turn_queue.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <deque>
#include <vector>

#include "support/seeded_random.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::shaping;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint queue_start{1h};

class Waiter final : public Turn {
public:
    explicit Waiter(std::vector<Waiter*>& called) : called_(called) {}
    using Turn::is_queued;
    using Turn::leave;
    TimePoint at{};

private:
    TimePoint turn_at(TimePoint) noexcept override { return at; }
    void on_turn() noexcept override { called_.push_back(this); }
    std::vector<Waiter*>& called_;
};

}  // namespace

TEST_CASE("those who wait are called in the order of their turns, whoever leaves meanwhile", "[shaping]") {
    const std::uint64_t seed = GENERATE(range(1, 20));
    test::SeededRandom random(seed);
    CAPTURE(seed);
    std::vector<Waiter*> called;
    TurnQueue queue;
    std::deque<Waiter> waiters;
    for (int i = 0; i < 300; ++i) {
        waiters.emplace_back(called).at = queue_start + std::chrono::milliseconds(random.next() % 100);
        queue.join(waiters.back(), waiters.back().at);
    }
    for (Waiter& waiter : waiters) {
        if (random.next() % 3 == 0) {
            waiter.leave();
        } else if (random.next() % 3 == 0) {
            waiter.at = queue_start + std::chrono::milliseconds(random.next() % 100);
        }
    }
    queue.reschedule(queue_start);
    const std::size_t left = queue.size();
    TimePoint now = queue_start - 1ms;
    while (queue.size() > 0) {
        now = std::max(now, queue.next());
        queue.call(now, 7);
    }
    CHECK(called.size() == left);
    for (std::size_t i = 1; i < called.size(); ++i) {
        CHECK(called[i - 1]->at <= called[i]->at);
    }
    CHECK(queue.next() == never);
}

TEST_CASE("nobody is called before its turn, and so many at a time", "[shaping]") {
    std::vector<Waiter*> called;
    TurnQueue queue;
    std::deque<Waiter> waiters;
    for (int i = 0; i < 10; ++i) {
        queue.join(waiters.emplace_back(called), queue_start + i * 1ms);
    }
    queue.call(queue_start - 1ns, 100);
    CHECK(called.empty());
    queue.call(queue_start + 4ms, 3);
    CHECK(called.size() == 3);
    queue.call(queue_start + 4ms, 100);
    CHECK(called.size() == 5);
    CHECK_FALSE(waiters[4].is_queued());
    CHECK(waiters[5].is_queued());
}

TEST_CASE("a queue may go before those who wait in it, and they before the queue", "[shaping]") {
    std::vector<Waiter*> called;
    Waiter late(called);
    {
        TurnQueue queue;
        Waiter early(called);
        queue.join(late, queue_start);
        queue.join(early, queue_start);
    }
    CHECK_FALSE(late.is_queued());
    CHECK(called.empty());
}
