#include "mux/write_rate.hpp"

#include <catch2/catch.hpp>

using namespace ferrotunnel;
using namespace std::chrono_literals;
using mux::WriteRate;

namespace {

// Writes `bytes` every millisecond for `total`.
std::uint32_t quantum_after(std::size_t bytes, std::chrono::milliseconds total) {
    TimePoint now{};
    WriteRate rate(now);
    for (auto t = 0ms; t < total; t += 1ms) {
        now += 1ms;
        rate.count(bytes, now);
    }
    return rate.quantum();
}

}  // namespace

TEST_CASE("a turn is what the trunk takes in a millisecond") {
    CHECK(quantum_after(0, 100ms) == limits::quantum_min);
    CHECK(quantum_after(40'000, 100ms) == 40'000);
}

TEST_CASE("limit: a turn is never shorter or longer than its bounds") {
    CHECK(quantum_after(limits::quantum_min - 1, 100ms) == limits::quantum_min);
    CHECK(quantum_after(limits::quantum_max, 100ms) == limits::quantum_max);
    CHECK(quantum_after(100 * limits::quantum_max, 100ms) == limits::quantum_max);
}

TEST_CASE("limit: a batch is what the trunk takes in 20 ms, within its bounds") {
    auto batch_after = [](std::size_t bytes_per_ms) {
        TimePoint now{};
        WriteRate rate(now);
        rate.count(bytes_per_ms * 10, now += 10ms);
        return rate.batch_bytes();
    };
    CHECK(batch_after(0) == limits::batch_bytes_min);
    CHECK(batch_after(200) == limits::batch_bytes_min);
    CHECK(batch_after(5'000) == 100'000);
    CHECK(batch_after(1'000'000) == limits::batch_bytes_max);
}

TEST_CASE("turns begin short, and are short again after the trunk was idle") {
    TimePoint now{};
    WriteRate rate(now);
    CHECK(rate.quantum() == limits::quantum_min);
    rate.count(10'000'000, now += 5ms);  // not measured long enough yet
    CHECK(rate.quantum() == limits::quantum_min);
    rate.count(10'000'000, now += 5ms);
    CHECK(rate.quantum() == limits::quantum_max);
    rate.count(1'000, now += 1s);
    CHECK(rate.quantum() == limits::quantum_min);
}
