#include "api/delivery_queue.hpp"

#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace ferrotunnel::detail {

using namespace std::chrono_literals;

namespace {

// What was taken, in order; "-3" is a gap. The first item is held until `released`.
struct DeliveryQueueFixture {
    explicit DeliveryQueueFixture(std::size_t room)
        : queue(CalledBy::own_thread, room,
                {[this](std::string& item) { take(item); },
                 [this](std::uint64_t lost) { taken.push_back("-" + std::to_string(lost)); }}) {}

    void take(const std::string& item) {
        taken.push_back(item);
        if (taken.size() == 1) {
            entered.set_value();
            released.get_future().wait();
        }
    }

    std::vector<std::string> taken;
    std::promise<void> entered;
    std::promise<void> released;
    DeliveryQueue<std::string> queue;
};

using Items = std::vector<std::string>;

}  // namespace

TEST_CASE("what finds no room is dropped until half of it is free, and counted where it is missing",
          "[delivery][threads]") {
    DeliveryQueueFixture rig(4);
    rig.queue.put("held", 1);
    rig.entered.get_future().wait();
    for (const char* item : {"a", "b", "c", "d", "e", "f"}) {
        rig.queue.put(item, 1);
    }
    rig.queue.put("last", 1, true);
    rig.released.set_value();
    CHECK(rig.queue.wait_until_delivered());
    CHECK(rig.taken == Items{"held", "a", "b", "c", "d", "-2", "last"});
}

TEST_CASE("what is heavier than all there is room for is told as dropped, also where nothing else comes",
          "[delivery][threads]") {
    std::promise<std::uint64_t> told;
    DeliveryQueue<std::string> queue(CalledBy::own_thread, 4,
                                     {[](std::string&) {}, [&](std::uint64_t lost) { told.set_value(lost); }});
    queue.put("heavy", 5);
    auto lost = told.get_future();
    REQUIRE(lost.wait_for(60s) == std::future_status::ready);
    CHECK(lost.get() == 1);

    Items taken;
    DeliveryQueue<std::string> shared(
        CalledBy::whoever, 4,
        {[&](std::string& item) { taken.push_back(item); }, [&](std::uint64_t) { taken.emplace_back("gap"); }});
    shared.put("heavy", 5);
    shared.put("light", 4);
    CHECK(shared.wait_until_delivered(60s));
    CHECK(taken == Items{"gap", "light"});
}

TEST_CASE("who waits for a callback that does not return waits no longer than it wants", "[delivery][threads]") {
    DeliveryQueueFixture rig(4);
    CHECK(rig.queue.wait_until_delivered());  // there was nothing
    rig.queue.put("held", 1);
    rig.queue.put("behind", 1);
    rig.entered.get_future().wait();
    CHECK_FALSE(rig.queue.wait_until_delivered(10ms));
    CHECK_FALSE(rig.queue.ending().stop_requested());
    rig.released.set_value();
    CHECK(rig.queue.wait_until_delivered());
    CHECK(rig.taken == Items{"held", "behind"});
}

TEST_CASE("a destroyed queue waits for the call under way, which is asked to end, and drops the rest",
          "[delivery][threads]") {
    Items taken;
    std::promise<void> entered;
    {
        std::stop_token ending;
        DeliveryQueue<std::string> queue(CalledBy::own_thread, 4,
                                         {[&](std::string& item) {
                                              taken.push_back(item);
                                              entered.set_value();
                                              while (!ending.stop_requested()) {
                                                  std::this_thread::yield();
                                              }
                                          },
                                          [&](std::uint64_t) { taken.emplace_back("gap"); }});
        ending = queue.ending();
        queue.put("held", 1);
        entered.get_future().wait();
        for (int i = 0; i < 9; ++i) {
            queue.put("rest", 1);
        }
    }
    CHECK(taken == Items{"held"});
}

TEST_CASE("what is put for later comes when its time has come, or when everything is waited for",
          "[delivery][threads]") {
    DeliveryQueueFixture rig(4);
    rig.released.set_value();
    rig.queue.put_later("in an hour", Clock::now() + 1h);
    std::this_thread::sleep_for(20ms);  // usually the queue's thread waits by then, and must not mind another item
    rig.queue.put_later("now", Clock::now());
    rig.entered.get_future().wait();
    CHECK(rig.queue.wait_until_delivered());
    CHECK(rig.taken == Items{"now", "in an hour"});
}

}  // namespace ferrotunnel::detail
