// A lock-free table of fixed size with the rate of each key, by the generic cell rate algorithm: a key stores one time,
// until which its use is paid for.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace ferrotunnel::plugins {

/// `burst` at once, and then one after each `interval`.
struct Rate {
    std::chrono::nanoseconds interval{0};
    std::int64_t burst = 1;
};

class GcraTable {
public:
    /// Has room for at least `entries` keys; up to 2^20.
    explicit GcraTable(std::size_t entries);

    /// Takes one unit of the key's rate. Zero if it was available; otherwise the time until one is, and nothing is
    /// taken. `key` must be a good hash, not 0, and `now` must not go back. Thread-safe; for a known key it costs one
    /// compare-and-swap.
    std::chrono::nanoseconds take(std::uint64_t key, const Rate& rate, std::chrono::nanoseconds now) noexcept;

    std::size_t entries() const noexcept { return buckets_count_ * ways; }

private:
    // A key has its place in one bucket, selected by the hash's first bits. A new key replaces the one whose
    // debt was or will be paid first: heavy users stay longest, and a full table never accepts a request that a larger
    // one would reject.
    static constexpr std::size_t ways = 16;
    struct alignas(64) Bucket {
        std::array<std::atomic<std::uint64_t>, ways> keys{};    // 0: free
        std::array<std::atomic<std::int64_t>, ways> paid_at{};  // nanoseconds of the clock
    };

    static std::atomic<std::int64_t>& place_of(Bucket& bucket, std::uint64_t key, std::int64_t now) noexcept;

    std::size_t buckets_count_;  // a power of two
    std::unique_ptr<Bucket[]> buckets_;
};

}  // namespace ferrotunnel::plugins
