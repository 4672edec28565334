#include "rate-limit/gcra_table.hpp"

#include <algorithm>
#include <bit>

namespace ferrotunnel::plugins {

using std::chrono::nanoseconds;

GcraTable::GcraTable(std::size_t entries)
    : buckets_count_(std::bit_ceil((entries + ways - 1) / ways)),
      buckets_(std::make_unique<Bucket[]>(buckets_count_)) {}

nanoseconds GcraTable::take(std::uint64_t key, const Rate& rate, nanoseconds now_is) noexcept {
    const std::int64_t now = now_is.count();
    const std::int64_t interval = rate.interval.count();
    const std::int64_t burst_takes = rate.burst * interval;
    std::atomic<std::int64_t>& paid_at = place_of(buckets_[(key >> 32) & (buckets_count_ - 1)], key, now);
    std::int64_t before = paid_at.load(std::memory_order_relaxed);
    std::int64_t after = 0;
    do {
        // No key owes more than the whole burst, which matters if the rate has changed.
        const std::int64_t from = std::clamp(before, now, now + burst_takes);
        after = from + interval;
        if (after - now > burst_takes) {
            return nanoseconds(after - now - burst_takes);
        }
    } while (!paid_at.compare_exchange_weak(before, after, std::memory_order_relaxed));
    return nanoseconds(0);
}

// The time of the key in its bucket. If another key takes the place while the caller still charges it, that key is
// charged for one request too many: a small unfairness, but no way around a limit.
std::atomic<std::int64_t>& GcraTable::place_of(Bucket& bucket, std::uint64_t key, std::int64_t now) noexcept {
    while (true) {
        std::size_t first_paid = 0;
        std::int64_t earliest = bucket.paid_at[0].load(std::memory_order_relaxed);
        for (std::size_t i = 0; i < ways; ++i) {
            if (bucket.keys[i].load(std::memory_order_relaxed) == key) {
                return bucket.paid_at[i];
            }
            const std::int64_t paid_at = bucket.paid_at[i].load(std::memory_order_relaxed);
            if (paid_at < earliest) {
                first_paid = i;
                earliest = paid_at;
            }
        }
        // All threads with the same key choose the same place, so one of them succeeds, and the others find it there.
        std::uint64_t old = bucket.keys[first_paid].load(std::memory_order_relaxed);
        if (old != key && bucket.keys[first_paid].compare_exchange_strong(old, key, std::memory_order_relaxed)) {
            if (earliest > now) {  // the debt of the replaced key is dropped
                bucket.paid_at[first_paid].compare_exchange_strong(earliest, now, std::memory_order_relaxed);
            }
            return bucket.paid_at[first_paid];
        }
    }
}

}  // namespace ferrotunnel::plugins
