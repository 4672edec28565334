// The deadline of a task, and the waits between two requests for a state.
#include <catch2/catch.hpp>
#include <chrono>

#include "acme/limits.hpp"
#include "acme/polling.hpp"
#include "acme/task_clock.hpp"

namespace ferrotunnel::acme {
namespace {

using std::chrono::seconds;

constexpr WallTime clock_start{seconds(1'790'000'000)};

const auto late = [] { return late_failure("it was not complete"); };

bool has_failed(const Step& step) {
    return std::holds_alternative<FailedStep>(step);
}

TEST_CASE("limit: a task ends at its deadline, and a step before it does not", "[acme]") {
    TaskClock clock(clock_start);
    clock.set(clock_start + limits::order_time - seconds(1));
    CHECK_FALSE(has_failed(clock.bounded(CallStep{}, late)));
    clock.set(clock_start + limits::order_time);
    CHECK(has_failed(clock.bounded(CallStep{}, late)));
    CHECK(has_failed(clock.bounded(PublishStep{}, late)));
    CHECK_FALSE(has_failed(clock.bounded(SaveOrderStep{}, late)));  // it is there, so it is saved
    CHECK_FALSE(has_failed(clock.bounded(DoneStep{}, late)));
}

TEST_CASE("limit: waits count even if the clock stands", "[acme]") {
    TaskClock clock(clock_start);
    CHECK_FALSE(has_failed(clock.bounded(WaitStep{limits::order_time - seconds(1)}, late)));
    CHECK(has_failed(clock.bounded(WaitStep{seconds(1)}, late)));
}

TEST_CASE("limit: a CA's Retry-After is obeyed within its bounds", "[acme]") {
    CHECK(poll_time(limits::poll_min, 1) == limits::poll_min);
    CHECK(poll_time(limits::poll_min - seconds(1), 1) == limits::poll_min);
    CHECK(poll_time(limits::poll_max, 1) == limits::poll_max);
    CHECK(poll_time(limits::poll_max + seconds(1), 1) == limits::poll_max);
    CHECK(poll_time(limits::poll_max - seconds(1), 1) == limits::poll_max - seconds(1));
}

TEST_CASE("limit: without a Retry-After waits grow up to their bound", "[acme]") {
    CHECK(poll_time({}, 1) == limits::poll_min);
    CHECK(poll_time({}, 4) == 8 * limits::poll_min);
    CHECK(poll_time({}, 5) == limits::poll_usual_max);
    CHECK(poll_time({}, 1'000'000) == limits::poll_usual_max);
}

}  // namespace
}  // namespace ferrotunnel::acme
