#include "circuit-breaker/circuit_table.hpp"

#include <bit>

namespace ferrotunnel::plugins {

CircuitTable::CircuitTable(std::size_t entries)
    : buckets_count_(std::bit_ceil((entries + ways - 1) / ways)),
      circuits_(std::make_unique<Circuit[]>(buckets_count_ * ways)) {}

Circuit* CircuitTable::find(std::uint64_t key, Circuit::Time now) noexcept {
    Circuit* const bucket = circuits_.get() + (key >> 32 & (buckets_count_ - 1)) * ways;
    while (true) {
        Circuit* oldest = nullptr;
        for (Circuit* each = bucket; each != bucket + ways; ++each) {
            if (each->key_.load() == key) {
                each->used_at_.store(now.count());
                return each;
            }
            const bool is_free = each->state_.load() == Circuit::closed && each->inside_.load() == 0;
            if (is_free && (oldest == nullptr || each->used_at_.load() < oldest->used_at_.load())) {
                oldest = each;
            }
        }
        if (oldest == nullptr) {
            return nullptr;
        }
        std::uint64_t old = oldest->key_.load();
        if (oldest->key_.compare_exchange_strong(old, key)) {
            oldest->forget();
            oldest->used_at_.store(now.count());
            return oldest;
        }
    }
}

}  // namespace ferrotunnel::plugins
