#include "shaping/bucket.hpp"

#include <chrono>

namespace ferrotunnel::shaping {
namespace {

constexpr std::uint64_t turns_per_second = 4;      // for each waiting lane
constexpr std::uint64_t quanta_per_second = 50;    // for a lane that has the rate to itself
constexpr std::uint64_t quantum_min = 512;         // a turn costs about as much as passing 4 KiB
constexpr std::uint64_t quantum_few = 4 * 1024;    // smaller ones are unnecessary if few wait
constexpr std::uint64_t quantum_max = 256 * 1024;  // the amount that one system call moves
constexpr std::uint64_t burst_few = 16 * 1024;     // a small response
constexpr std::int64_t second = 1'000'000'000;

static_assert(Duration::period::den == second, "the clock counts nanoseconds");

}  // namespace

// A worker that runs a few milliseconds late must not lose the bytes of that time.
std::int64_t Bucket::burst_of(std::uint64_t rate) noexcept {
    return static_cast<std::int64_t>(std::max(rate / quanta_per_second, std::min(burst_few, rate / turns_per_second)));
}

std::size_t Bucket::quantum() const noexcept {
    const std::uint64_t rate = this->rate();
    const std::uint64_t fair = rate / turns_per_second / (waiting() + 1);
    return std::clamp(std::min(fair, std::max(rate / quanta_per_second, quantum_few)), quantum_min, quantum_max);
}

// Fractions of a second are less than one rate, which a double holds exactly; whole seconds need 64 bits.
std::int64_t Bucket::clock_of(const Pace& pace, TimePoint now) noexcept {
    const std::int64_t passed = std::max<std::int64_t>((now - pace.since).count(), 0);
    const double part = static_cast<double>(pace.rate) * (static_cast<double>(passed % second) * 1e-9);
    return pace.bytes + passed / second * static_cast<std::int64_t>(pace.rate) + static_cast<std::int64_t>(part);
}

TimePoint Bucket::time_of(std::int64_t position) const noexcept {
    const Pace now = pace();
    if (now.rate == 0 || position <= now.bytes) {
        return TimePoint::min();
    }
    const auto rate = static_cast<std::int64_t>(now.rate);
    const std::int64_t ahead = position - now.bytes;
    const double part = static_cast<double>(ahead % rate) / static_cast<double>(rate) * 1e9;
    constexpr std::int64_t ages = 1'000'000'000;
    return now.since + std::chrono::seconds(std::min(ahead / rate, ages)) +
           Duration(static_cast<std::int64_t>(part) + 1);
}

std::int64_t Bucket::take(std::size_t bytes, TimePoint now) noexcept {
    const Pace pace = this->pace();
    const std::int64_t least = pace.rate == 0 ? pace.bytes : clock_of(pace, now) - burst_of(pace.rate);
    std::int64_t taken = taken_.load(std::memory_order_relaxed);
    std::int64_t position = std::max(taken, least);
    while (!taken_.compare_exchange_weak(taken, position + signed_of(bytes), std::memory_order_relaxed)) {
        position = std::max(taken, least);
    }
    return position;
}

void Bucket::set_rate(std::uint64_t bytes_per_second, TimePoint now) noexcept {
    if (rate() == bytes_per_second) {
        return;
    }
    const Pace before = pace();
    // Without a rate nothing was counted: the clock starts where nothing waits for it, and nothing is left over.
    const std::int64_t at = before.rate == 0 ? taken_.load(std::memory_order_relaxed) : clock_of(before, now);
    const std::uint32_t version = version_.load(std::memory_order_relaxed);
    version_.store(version + 1, std::memory_order_relaxed);
    rate_.store(bytes_per_second, std::memory_order_release);
    bytes_.store(at, std::memory_order_release);
    since_.store(now.time_since_epoch().count(), std::memory_order_release);
    version_.store(version + 2, std::memory_order_release);
}

Bucket::Pace Bucket::pace() const noexcept {
    for (;;) {
        const std::uint32_t version = version_.load(std::memory_order_acquire);
        Pace pace;
        pace.rate = rate_.load(std::memory_order_acquire);
        pace.bytes = bytes_.load(std::memory_order_acquire);
        pace.since = TimePoint(Duration(since_.load(std::memory_order_acquire)));
        if (version % 2 == 0 && version_.load(std::memory_order_relaxed) == version) {
            return pace;
        }
    }
}

}  // namespace ferrotunnel::shaping
