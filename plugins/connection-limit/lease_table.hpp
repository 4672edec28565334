// How many of something each key has at the moment. A table of a fixed size, without locks.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace ferrotunnel::plugins {

class LeaseTable {
public:
    /// One of a key's; there is no more of it when it has been given back. Its address stays.
    using Lease = std::atomic<std::uint64_t>;

    enum class Refusal : std::uint8_t {
        none,
        limit,  // the key has all that it may have
        full    // too many other keys have something at the moment
    };
    struct Taken {
        Lease* lease;  // null: refused
        Refusal refusal;
    };

    static constexpr std::uint64_t limit_max = 1'000'000;

    /// With room for at least so many keys; up to 2^20.
    explicit LeaseTable(std::size_t entries);

    /// Takes one for the key, if it has fewer than `limit` (1 to limit_max). `key` is a good hash, not 0. Any thread; a
    /// key that is there costs one compare-and-swap.
    Taken take(std::uint64_t key, std::uint64_t limit) noexcept;
    /// Gives one back. Any thread, in the lifetime of the table.
    static void give_back(Lease& lease) noexcept { lease.fetch_sub(1, std::memory_order_relaxed); }

    std::size_t entries() const noexcept { return buckets_count_ * ways; }
    /// What all keys have together. For tests; others may change it meanwhile.
    std::uint64_t taken() const noexcept;

private:
    // Key and count are one word, so that nobody else can take a place between a look at it and the change. The hash's
    // upper bits find the bucket, its lower ones are the key in the word.
    static constexpr unsigned count_bits = 20;
    static constexpr std::uint64_t count_mask = (std::uint64_t{1} << count_bits) - 1;
    static_assert(limit_max <= count_mask);
    static constexpr std::size_t ways = 16;
    struct alignas(64) Bucket {
        std::array<Lease, ways> words{};
    };

    std::size_t buckets_count_;  // a power of two, up to 2^16
    std::unique_ptr<Bucket[]> buckets_;
};

}  // namespace ferrotunnel::plugins
