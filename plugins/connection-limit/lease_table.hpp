// A lock-free table of fixed size with the present count of each key.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace ferrotunnel::plugins {

class LeaseTable {
public:
    /// One unit of a key's count, until it is given back. Its address does not change.
    using Lease = std::atomic<std::uint64_t>;

    enum class Refusal : std::uint8_t {
        none,
        limit,  // the key has reached its limit
        full    // too many other keys have leases
    };
    struct Taken {
        Lease* lease;  // null: refused
        Refusal refusal;
    };

    static constexpr std::uint64_t limit_max = 1'000'000;

    /// Has room for at least `entries` keys; up to 2^20.
    explicit LeaseTable(std::size_t entries);

    /// Takes a lease for the key if it has fewer than `limit` (1 to limit_max). `key` must be a good hash, not 0.
    /// Thread-safe; for a known key it costs one compare-and-swap.
    Taken take(std::uint64_t key, std::uint64_t limit) noexcept;
    /// Returns a lease. Thread-safe, in the lifetime of the table.
    static void give_back(Lease& lease) noexcept { lease.fetch_sub(1, std::memory_order_relaxed); }

    std::size_t entries() const noexcept { return buckets_count_ * ways; }
    /// The number of leases of all keys. For tests; it may change meanwhile.
    std::uint64_t taken() const noexcept;

private:
    // Key and count are one word, so that no other key can take a place between a check and the change. The hash's
    // upper bits select the bucket, its lower bits are the key in the word.
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
