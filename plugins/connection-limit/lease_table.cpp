#include "connection-limit/lease_table.hpp"

#include <bit>

namespace ferrotunnel::plugins {

LeaseTable::LeaseTable(std::size_t entries)
    : buckets_count_(std::bit_ceil((entries + ways - 1) / ways)),
      buckets_(std::make_unique<Bucket[]>(buckets_count_)) {}

LeaseTable::Taken LeaseTable::take(std::uint64_t key, std::uint64_t limit) noexcept {
    const std::uint64_t name = key << count_bits;
    Bucket& bucket = buckets_[(key >> (64 - count_bits)) & (buckets_count_ - 1)];
    while (true) {
        Lease* mine = nullptr;
        Lease* free = nullptr;
        std::uint64_t word = 0;
        std::uint64_t word_of_free = 0;
        for (Lease& each : bucket.words) {
            word = each.load(std::memory_order_relaxed);
            if ((word & ~count_mask) == name && word != 0) {
                mine = &each;
                break;
            }
            if (free == nullptr && (word & count_mask) == 0) {
                free = &each;
                word_of_free = word;
            }
        }
        if (mine == nullptr && free == nullptr) {
            return {nullptr, Refusal::full};
        }
        if (mine != nullptr && (word & count_mask) >= limit) {
            return {nullptr, Refusal::limit};
        }
        // A word that has changed in between may have another key now: search again.
        const bool has_it = mine != nullptr
                                ? mine->compare_exchange_strong(word, word + 1, std::memory_order_relaxed)
                                : free->compare_exchange_strong(word_of_free, name | 1, std::memory_order_relaxed);
        if (has_it) {
            return {mine != nullptr ? mine : free, Refusal::none};
        }
    }
}

std::uint64_t LeaseTable::taken() const noexcept {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < buckets_count_; ++i) {
        for (const Lease& each : buckets_[i].words) {
            sum += each.load(std::memory_order_relaxed) & count_mask;
        }
    }
    return sum;
}

}  // namespace ferrotunnel::plugins
