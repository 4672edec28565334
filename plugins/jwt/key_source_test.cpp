// Tests requests to key servers, with one of the test's own. jwt_test.cpp tests tokens.
#include "jwt/key_source.hpp"

#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "common/service_for_tests.hpp"

using namespace std::chrono_literals;
using ferrotunnel::plugins::KeySource;
using ferrotunnel::test::SilentListener;

TEST_CASE("limit: of those who wait for the key server, one service leaves half to another", "[jwt][limits]") {
    SilentListener server;
    KeySource::Options options;
    options.url = server.url;
    options.refresh = 1h;
    KeySource source(std::move(options), [](const std::string&) {});
    const auto now = std::chrono::steady_clock::now();
    std::size_t displaced = 0;
    const auto come = [&](std::uint64_t service) {
        return source.wait_for_unknown(
            {service, 0},
            [&displaced](KeySource::WaitResult why) { displaced += why == KeySource::WaitResult::displaced ? 1 : 0; },
            now);
    };
    std::size_t waiting = 0;
    while (come(1) == KeySource::Wait::begun) {
        ++waiting;
    }
    CHECK(waiting == KeySource::waiters_max);
    for (std::size_t i = 0; i < KeySource::waiters_max / 2; ++i) {
        CHECK(come(2) == KeySource::Wait::begun);
    }
    CHECK(displaced == KeySource::waiters_max / 2);
    CHECK(come(2) == KeySource::Wait::busy);
    CHECK(come(1) == KeySource::Wait::busy);
}

TEST_CASE("limit: a storm of unknown keys is one question to the key server, for which so many wait", "[jwt][limits]") {
    SilentListener server;
    std::atomic<int> lines{0};
    KeySource::Options options;
    options.url = server.url;
    options.refresh = 1h;
    KeySource source(std::move(options), [&lines](const std::string&) { ++lines; });
    const auto now = std::chrono::steady_clock::now();
    std::atomic<std::size_t> waiting{0};
    std::atomic<std::size_t> told{0};
    std::vector<std::thread> visitors;
    for (int i = 0; i < 4; ++i) {
        visitors.emplace_back([&] {
            for (int j = 0; j < 100; ++j) {
                waiting += source.wait_for_unknown(
                               {}, [&told](KeySource::WaitResult) { ++told; }, now) == KeySource::Wait::begun
                               ? 1U
                               : 0U;
            }
        });
    }
    for (std::thread& visitor : visitors) {
        visitor.join();
    }
    CHECK(waiting == KeySource::waiters_max);
    CHECK(told == 0);
    const int connection = server.accept();
    REQUIRE(connection >= 0);
    CHECK(server.drop_waiting() == 0);  // there was no other request
    ::close(connection);
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (told < KeySource::waiters_max) {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::sleep_for(1ms);
    }
    CHECK(lines == 1);
    CHECK(source.wait_for_unknown(
              {}, [](KeySource::WaitResult) {}, now) == KeySource::Wait::none);  // no fetch for a while
    CHECK(server.drop_waiting() == 0);
}
