// Counts by key, with the key whose turn it is and the largest one.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <set>
#include <utility>

namespace ferrotunnel::plugins {

/// A key exists while its count is not 0. Each call takes logarithmic time in the number of keys.
class RoundRobinTable {
public:
    using Key = std::uint64_t;

    bool empty() const noexcept { return entries_.empty(); }
    std::size_t count(Key key) const noexcept {
        const auto found = entries_.find(key);
        return found != entries_.end() ? found->second.count : 0;
    }
    /// The key with the highest count. The table must not be empty.
    Key largest() const noexcept { return by_count_.rbegin()->second; }

    /// Counts one more. A new key gets its turn after all others. If it throws std::bad_alloc, nothing has changed.
    void add(Key key) {
        const auto found = entries_.find(key);
        if (found != entries_.end()) {
            recount(found->first, found->second, found->second.count + 1);
            return;
        }
        std::list<Key> turn{key};
        std::set<std::pair<std::size_t, Key>> counted{{1, key}};
        entries_.emplace(key, Entry{1, turn.begin()});
        turns_.splice(turns_.end(), turn);
        by_count_.merge(counted);
    }
    /// Counts one less. The key must exist.
    void remove(Key key) noexcept {
        const auto found = entries_.find(key);
        assert(found != entries_.end());
        if (found->second.count > 1) {
            recount(key, found->second, found->second.count - 1);
            return;
        }
        by_count_.erase({1, key});
        turns_.erase(found->second.turn);
        entries_.erase(found);
    }

    /// The key whose turn it is. The table must not be empty.
    Key next() const noexcept { return turns_.front(); }
    /// Ends the turn of next().
    void pass() noexcept { turns_.splice(turns_.end(), turns_, turns_.begin()); }

private:
    struct Entry {
        std::size_t count;
        std::list<Key>::iterator turn;
    };

    void recount(Key key, Entry& entry, std::size_t count) noexcept {
        auto node = by_count_.extract({entry.count, key});
        node.value().first = count;
        by_count_.insert(std::move(node));
        entry.count = count;
    }

    std::map<Key, Entry> entries_;
    std::list<Key> turns_;
    std::set<std::pair<std::size_t, Key>> by_count_;
};

}  // namespace ferrotunnel::plugins
