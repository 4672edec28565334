// Pool of items that are found by a hash: each item has a numbered slot, and a table of hashes leads to slots.
//
// It exists for the memory of a large table: a slot is a number of 32 bits, an item costs no allocation of its own, and
// the table costs 2 to 4 bytes an item. The hash must be keyed if others choose what is hashed.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace ferrotunnel::cluster {

/// Place of an item in its pool. It stays the same until the item is removed.
using Slot = std::uint32_t;
inline constexpr Slot no_slot = std::numeric_limits<Slot>::max();

/// What the pool needs of an item, as its base class.
struct Pooled {
    std::uint32_t hash = 0;  // with `used`; 0 if the slot is free
    Slot chain = no_slot;    // the next item of the same bucket, or the next free slot
};

/// `Item` is derived from Pooled and movable without exceptions. Memory of removed items is used for new ones, and
/// returned when no item is left.
template <typename Item>
class HashedPool {
public:
    /// Bytes for an item, in a pool that is neither small nor was larger before.
    static constexpr std::size_t item_bytes = sizeof(Item) + sizeof(Slot);

    std::size_t size() const noexcept { return size_; }
    Item& operator[](Slot slot) noexcept { return chunks_[slot / chunk_items][slot % chunk_items]; }
    const Item& operator[](Slot slot) const noexcept { return chunks_[slot / chunk_items][slot % chunk_items]; }

    /// Makes room, so that the next insert() throws nothing. Throws std::bad_alloc.
    void prepare() {
        if (size_ >= buckets_.size() * bucket_items) {
            rehash(std::max(buckets_min, buckets_.size() * 2));
        }
        if (free_ == no_slot && (chunks_.empty() || chunks_.back().size() == chunk_items)) {
            std::vector<Item> chunk;
            chunk.reserve(chunk_items);
            chunks_.push_back(std::move(chunk));
        }
    }

    Slot insert(std::uint32_t hash, Item item) {
        prepare();
        item.hash = hash | used;
        item.chain = bucket(hash);
        const Slot slot = place(std::move(item));
        bucket(hash) = slot;
        ++size_;
        return slot;
    }

    /// Removes the item and returns it.
    Item take(Slot slot) noexcept {
        Slot* at = &bucket((*this)[slot].hash);
        while (*at != slot) {
            at = &(*this)[*at].chain;
        }
        *at = (*this)[slot].chain;
        Item item = std::move((*this)[slot]);
        (*this)[slot].chain = std::exchange(free_, slot);
        (*this)[slot].hash = 0;
        if (--size_ == 0) {
            release();
        }
        return item;
    }

    /// The first item with this hash that matches.
    template <typename Matches>
    Slot find(std::uint32_t hash, const Matches& matches) const {
        return size_ == 0 ? no_slot : find_from(buckets_[hash & (buckets_.size() - 1)], hash | used, matches);
    }
    /// The next one, after find() has returned `slot`.
    template <typename Matches>
    Slot find_after(Slot slot, const Matches& matches) const {
        return find_from((*this)[slot].chain, (*this)[slot].hash, matches);
    }

    /// Calls `visit` for the items in no more than `most` slots from `position`, which is 0 at first, and stops before
    /// the first one for which it returns false. Returns the position to continue at, 0 at the end. The pool may change
    /// meanwhile: what is in it all the time is visited once.
    template <typename Visit>
    std::size_t visit(std::size_t position, std::size_t most, const Visit& visit) const {
        // One less is a slot, so that a position before the first slot differs from the end.
        std::size_t slot = position == 0 ? 0 : position - 1;
        const std::size_t slots = chunks_.empty() ? 0 : (chunks_.size() - 1) * chunk_items + chunks_.back().size();
        for (; slot < slots && most > 0; ++slot, --most) {
            const Item& item = (*this)[static_cast<Slot>(slot)];
            if (item.hash != 0 && !visit(item)) {
                return slot + 1;
            }
        }
        return slot < slots ? slot + 1 : 0;
    }

    /// Bytes, without what items have allocated.
    std::size_t memory() const noexcept {
        return chunks_.size() * chunk_items * sizeof(Item) + chunks_.capacity() * sizeof(chunks_[0]) +
               buckets_.capacity() * sizeof(Slot);
    }

private:
    static constexpr std::uint32_t used = std::uint32_t{1} << 31U;
    static constexpr std::size_t chunk_items = 64;
    static constexpr std::size_t bucket_items = 2;
    static constexpr std::size_t buckets_min = 16;

    Slot& bucket(std::uint32_t hash) noexcept { return buckets_[hash & (buckets_.size() - 1)]; }

    template <typename Matches>
    Slot find_from(Slot slot, std::uint32_t hash, const Matches& matches) const {
        while (slot != no_slot && ((*this)[slot].hash != hash || !matches((*this)[slot]))) {
            slot = (*this)[slot].chain;
        }
        return slot;
    }

    Slot place(Item item) noexcept {
        if (free_ != no_slot) {
            const Slot slot = free_;
            free_ = (*this)[slot].chain;
            (*this)[slot] = std::move(item);
            return slot;
        }
        chunks_.back().push_back(std::move(item));
        const std::size_t slot = (chunks_.size() - 1) * chunk_items + chunks_.back().size() - 1;
        check(slot < no_slot, "a pool has fewer items than slots have numbers");
        return static_cast<Slot>(slot);
    }

    void rehash(std::size_t buckets) {
        std::vector<Slot> before(buckets, no_slot);
        before.swap(buckets_);
        for (Slot slot : before) {
            while (slot != no_slot) {
                Item& item = (*this)[slot];
                const Slot next = item.chain;
                item.chain = std::exchange(bucket(item.hash), slot);
                slot = next;
            }
        }
    }

    // A small pool keeps its memory: it would be allocated again for the next item.
    void release() noexcept {
        if (chunks_.size() > 1) {
            std::vector<std::vector<Item>>().swap(chunks_);
            std::vector<Slot>().swap(buckets_);
            free_ = no_slot;
        }
    }

    std::vector<std::vector<Item>> chunks_;  // all but the last one are full
    std::vector<Slot> buckets_;              // their number is a power of two
    Slot free_ = no_slot;
    std::size_t size_ = 0;
};

}  // namespace ferrotunnel::cluster
