#include "access/lanes.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

namespace ferrotunnel::access {

TEST_CASE("a full lane drops lines, and counts them", "[lanes]") {
    Lanes lanes(1, 10);
    Lane& lane = lanes.assign_lane();
    CHECK(&lanes.assign_lane() == &lane);
    for (int i = 0; i < 4; ++i) {
        lanes.put(lane, "abc\n");
    }
    lanes.drop(lane);
    std::string text;
    lanes.take_all(text);
    CHECK(text == "abc\nabc\n");
    CHECK(lanes.take_dropped() == 3);
    CHECK(lanes.take_dropped() == 0);
    lanes.put(lane, "d\n");
    lanes.take_all(text);
    CHECK(text == "abc\nabc\nd\n");
}

TEST_CASE("every line of several threads arrives once, whole", "[lanes]") {
    constexpr int threads = 3;
    constexpr int lines = 20'000;
    Lanes lanes(2, std::size_t{1024} * 1024 * 16);
    std::atomic<int> running{threads};
    std::vector<std::jthread> workers;
    for (int i = 0; i < threads; ++i) {
        workers.emplace_back([&lanes, &running, i] {
            Lane& lane = lanes.assign_lane();
            for (int n = 0; n < lines; ++n) {
                lanes.put(lane, std::to_string(i) + " is here\n");
            }
            --running;
        });
    }
    std::string text;
    std::stop_source never;
    while (running != 0) {
        lanes.wait(never.get_token(), std::chrono::milliseconds(10));
        lanes.take_all(text);
    }
    lanes.take_all(text);
    CHECK(lanes.take_dropped() == 0);
    CHECK(std::count(text.begin(), text.end(), '\n') == threads * lines);
    CHECK(text.size() == std::size_t{threads} * lines * std::string_view("0 is here\n").size());
    for (std::size_t at = 0; at < text.size(); at += 10) {
        if (text.compare(at + 1, 9, " is here\n") != 0) {
            FAIL("a torn line at " << at);
        }
    }
}

TEST_CASE("a writer sleeps until there is a line, or it is woken", "[lanes]") {
    Lanes lanes(1, 100);
    std::stop_source ending;
    std::jthread worker([&lanes] { lanes.put(lanes.assign_lane(), "a\n"); });
    lanes.wait(ending.get_token(), std::chrono::minutes(1));
    std::string text;
    worker.join();
    lanes.take_all(text);
    CHECK(text == "a\n");
    lanes.wake();
    lanes.wait(ending.get_token(), std::chrono::minutes(1));
    lanes.take_all(text);
    ending.request_stop();
    lanes.wait(ending.get_token(), std::chrono::minutes(1));
    CHECK(text == "a\n");
}

}  // namespace ferrotunnel::access
