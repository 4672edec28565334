// Items with names, found by the name and by its root (cluster::Name::root): all items of a root form a heap, so that
// the first of them is known however many there are. Several items may have one name.
//
// A lookup takes constant time, a change logarithmic time in the number of items with the same root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "base/name_hash.hpp"
#include "cluster/hashed_pool.hpp"
#include "cluster/name.hpp"
#include "cluster/pairing_heap.hpp"

namespace ferrotunnel::cluster {

/// What the container needs of an item, as its base class.
struct Rooted : Pooled {
    HeapLinks in_root;
};

/// `Item` is derived from Rooted, and has `const Name& name() const` and `bool is_before(const Item&) const`: a strict
/// order of the items of one root.
template <typename Item>
class RootedNames {
public:
    /// `seed`: secret, so that nobody can choose names that collide.
    explicit RootedNames(std::uint64_t seed) noexcept : hasher_(seed) {}

    std::size_t size() const noexcept { return items_.size(); }
    HashedPool<Item>& items() noexcept { return items_; }
    const HashedPool<Item>& items() const noexcept { return items_; }
    Item& operator[](Slot slot) noexcept { return items_[slot]; }
    const Item& operator[](Slot slot) const noexcept { return items_[slot]; }

    /// The first item with this name, and the one after it.
    Slot find(const Name& name) const {
        return items_.find(hash_of(name.encoded()), [&name](const Item& item) { return item.name() == name; });
    }
    Slot find_after(Slot slot) const {
        const Name& name = items_[slot].name();
        return items_.find_after(slot, [&name](const Item& item) { return item.name() == name; });
    }
    /// The first of all items with the name's root, by their order.
    Slot first_of_root(const Name& name) const {
        const Slot root = find_root(name);
        return root == no_slot ? no_slot : roots_[root].first;
    }

    template <typename Visit>
    void for_each_of_root(const Name& name, const Visit& visit) const {
        for (const Slot slot : Heap::all(items_, first_of_root(name))) {
            visit(items_[slot]);
        }
    }

    Slot insert(Item item) {
        items_.prepare();
        roots_.prepare();
        Slot root = find_root(item.name());
        if (root == no_slot) {
            root = roots_.insert(hash_of(item.name().root()), Root{});
        }
        text_bytes_ += text_bytes(item);
        const std::uint32_t hash = hash_of(item.name().encoded());
        const Slot slot = items_.insert(hash, std::move(item));
        Heap(items_, roots_[root].first).push(slot);
        return slot;
    }

    /// Removes the item and returns it.
    Item take(Slot slot) noexcept {
        const Slot root = find_root(items_[slot].name());
        Heap(items_, roots_[root].first).erase(slot);
        if (roots_[root].first == no_slot) {
            (void)roots_.take(root);
        }
        text_bytes_ -= text_bytes(items_[slot]);
        return items_.take(slot);
    }

    /// `change(item)` may change the item's place in the order, but not its name.
    template <typename Change>
    void reorder(Slot slot, const Change& change) {
        Heap heap(items_, roots_[find_root(items_[slot].name())].first);
        heap.erase(slot);
        change(items_[slot]);
        heap.push(slot);
    }

    /// Bytes that an item takes, if no other one has its root.
    static std::size_t bytes_of(const Item& item) noexcept {
        return HashedPool<Item>::item_bytes + HashedPool<Root>::item_bytes + text_bytes(item);
    }
    std::size_t memory() const noexcept { return items_.memory() + roots_.memory() + text_bytes_; }

private:
    struct Root : Pooled {
        Slot first = no_slot;
    };
    struct ByRoot {
        static HeapLinks& links(Item& item) noexcept { return item.in_root; }
        static const HeapLinks& links(const Item& item) noexcept { return item.in_root; }
        static bool before(const Item& one, const Item& other) noexcept { return one.is_before(other); }
    };
    using Heap = PairingHeap<Item, ByRoot>;

    std::uint32_t hash_of(std::string_view text) const noexcept {
        return static_cast<std::uint32_t>(hasher_.finish(hasher_.piece(hasher_.start(), text)));
    }

    Slot find_root(const Name& name) const {
        const std::string_view root = name.root();
        return roots_.find(hash_of(root), [&](const Root& of) { return items_[of.first].name().root() == root; });
    }

    static std::size_t text_bytes(const Item& item) noexcept { return item.name().heap_bytes(); }

    NameHasher hasher_;
    HashedPool<Item> items_;
    HashedPool<Root> roots_;
    std::size_t text_bytes_ = 0;
};

}  // namespace ferrotunnel::cluster
