// How much each key has had of its rate, by the generic cell rate algorithm: a key is one time, until which what it has
// had is paid for. A table of a fixed size, without locks.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace ferrotunnel::plugins {

/// `burst` at once, and then one more after each `interval`.
struct Rate {
    std::chrono::nanoseconds interval{0};
    std::int64_t burst = 1;
};

class GcraTable {
public:
    /// With room for at least so many keys; up to 2^20.
    explicit GcraTable(std::size_t entries);

    /// Takes one of the key's rate. Zero: there was one; otherwise how long it takes until there is one, and nothing is
    /// taken. `key` is not 0 and a good hash, `now` does not go back. Any thread; a key that is there costs one
    /// compare-and-swap.
    std::chrono::nanoseconds take(std::uint64_t key, const Rate& rate, std::chrono::nanoseconds now) noexcept;

    std::size_t entries() const noexcept { return buckets_count_ * ways; }

private:
    // A key has its place in one bucket, found by the hash's first bits. A new key takes the place there of the one
    // that has paid, or will have paid first: whoever uses most of a rate stays longest, and a full table lets nobody
    // pass who would not pass otherwise.
    static constexpr std::size_t ways = 16;
    struct alignas(64) Bucket {
        std::array<std::atomic<std::uint64_t>, ways> keys{};    // 0: nobody's
        std::array<std::atomic<std::int64_t>, ways> paid_at{};  // nanoseconds of the clock
    };

    static std::atomic<std::int64_t>& place_of(Bucket& bucket, std::uint64_t key, std::int64_t now) noexcept;

    std::size_t buckets_count_;  // a power of two
    std::unique_ptr<Bucket[]> buckets_;
};

}  // namespace ferrotunnel::plugins
