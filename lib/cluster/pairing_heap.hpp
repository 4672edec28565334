// Pairing heap of a pool's items: the item that precedes all others is on top. Adding an item takes constant time,
// removing any item logarithmic time on average over all changes (Fredman, Sedgewick, Sleator and Tarjan, 1986).
//
// A heap is the slot of its top; its links are within the items, so it allocates nothing.
#pragma once

#include <utility>
#include <vector>

#include "cluster/hashed_pool.hpp"

namespace ferrotunnel::cluster {

/// An item's place in a heap.
struct HeapLinks {
    Slot child = no_slot;    // the first one
    Slot sibling = no_slot;  // the next child of the same item
    Slot back = no_slot;     // the previous sibling; of the first child: the parent
};

/// `Order` says which items form the heap: `static HeapLinks& links(Item&)`, the same for a constant item, and
/// `static bool before(const Item&, const Item&)`, a strict order.
template <typename Item, typename Order>
class PairingHeap {
public:
    PairingHeap(HashedPool<Item>& items, Slot& top) noexcept : items_(items), top_(top) {}

    void push(Slot slot) noexcept { top_ = merge(top_, slot); }

    void erase(Slot slot) noexcept {
        const Slot below = merge_all(std::exchange(links(slot).child, no_slot));
        if (slot == top_) {
            top_ = below;
            return;
        }
        cut(slot);
        top_ = merge(top_, below);
    }

    /// The slots of all items of the heap, in no particular order.
    static std::vector<Slot> all(const HashedPool<Item>& items, Slot top) {
        std::vector<Slot> slots;
        if (top != no_slot) {
            slots.push_back(top);
        }
        for (std::size_t i = 0; i < slots.size(); ++i) {
            for (Slot child = Order::links(items[slots[i]]).child; child != no_slot;) {
                slots.push_back(child);
                child = Order::links(items[child]).sibling;
            }
        }
        return slots;
    }

private:
    HeapLinks& links(Slot slot) const noexcept { return Order::links(items_[slot]); }

    // Both are tops of heaps, or no_slot.
    Slot merge(Slot one, Slot other) const noexcept {
        if (one == no_slot || other == no_slot) {
            return one == no_slot ? other : one;
        }
        if (Order::before(items_[other], items_[one])) {
            std::swap(one, other);
        }
        HeapLinks& top = links(one);
        links(other).sibling = top.child;
        links(other).back = one;
        if (top.child != no_slot) {
            links(top.child).back = other;
        }
        top.child = other;
        return one;
    }

    // Removes an item, with those below it, from what it is linked to.
    void cut(Slot slot) const noexcept {
        HeapLinks& own = links(slot);
        if (own.back != no_slot) {
            HeapLinks& before = links(own.back);
            (before.child == slot ? before.child : before.sibling) = own.sibling;
        }
        if (own.sibling != no_slot) {
            links(own.sibling).back = own.back;
        }
        own.sibling = own.back = no_slot;
    }

    // Merges siblings in pairs, then the pairs from the last to the first.
    Slot merge_all(Slot first) const noexcept {
        Slot pairs = no_slot;  // linked as siblings, the last one first
        while (first != no_slot) {
            const Slot one = first;
            const Slot other = links(one).sibling;
            first = other == no_slot ? no_slot : links(other).sibling;
            unlink(one);
            unlink(other);
            const Slot merged = merge(one, other);
            links(merged).sibling = std::exchange(pairs, merged);
        }
        Slot top = no_slot;
        while (pairs != no_slot) {
            const Slot next = std::exchange(links(pairs).sibling, no_slot);
            top = merge(top, std::exchange(pairs, next));
        }
        return top;
    }

    void unlink(Slot slot) const noexcept {
        if (slot != no_slot) {
            links(slot).sibling = links(slot).back = no_slot;
        }
    }

    HashedPool<Item>& items_;
    Slot& top_;
};

}  // namespace ferrotunnel::cluster
