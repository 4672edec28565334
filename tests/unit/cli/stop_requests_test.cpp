#include "cli/stop_requests.hpp"

#include "cli/idle_drain.hpp"

#include <catch2/catch.hpp>

namespace ferrotunnel::cli {

TEST_CASE("the same signal at once again means the same, another one or a later one more") {
    StopRequests requests;
    const auto begin = StopRequests::Clock::now();
    const auto after = [begin](int ms) { return begin + std::chrono::milliseconds(ms); };
    constexpr int interrupt = 2;
    constexpr int terminate = 15;
    CHECK(requests.count(terminate, begin) == 1);
    CHECK(requests.count(terminate, begin) == 0);
    CHECK(requests.count(terminate, after(249)) == 0);
    CHECK(requests.count(terminate, after(250)) == 2);
    CHECK(requests.count(interrupt, after(250)) == 3);
    CHECK(requests.count(interrupt, after(251)) == 0);
}

TEST_CASE("a signal that came while the program acted on the same one means the same") {
    StopRequests requests;
    const auto begin = StopRequests::Clock::now();
    CHECK(requests.count(15, begin) == 1);
    requests.acted(begin + std::chrono::seconds(3));
    CHECK(requests.count(15, begin + std::chrono::milliseconds(3'249)) == 0);
    CHECK(requests.count(15, begin + std::chrono::milliseconds(3'250)) == 2);
}

TEST_CASE("two signals of two kinds are two requests, however fast they come") {
    StopRequests requests;
    const auto now = StopRequests::Clock::now();
    CHECK(requests.count(15, now) == 1);
    CHECK(requests.count(2, now) == 2);
}

TEST_CASE("a key that is pressed twice is two requests, and what repeats it is none") {
    StopRequests requests;
    const auto now = StopRequests::Clock::now();
    CHECK(requests.count_key(2, now) == 1);
    CHECK(requests.count(2, now) == 0);
    CHECK(requests.count_key(2, now) == 2);
}

TEST_CASE("a drain is over when nothing has moved for its patience") {
    IdleDrain drain;
    const auto begin = IdleDrain::Clock::now();
    CHECK_FALSE(drain.is_over(5, begin));
    CHECK_FALSE(drain.is_over(5, begin + IdleDrain::patience - std::chrono::milliseconds(1)));
    CHECK_FALSE(drain.is_over(6, begin + IdleDrain::patience));
    CHECK_FALSE(drain.is_over(6, begin + 2 * IdleDrain::patience - std::chrono::milliseconds(1)));
    CHECK(drain.is_over(6, begin + 2 * IdleDrain::patience));
}

}  // namespace ferrotunnel::cli
