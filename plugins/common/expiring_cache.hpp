// A table of limited size whose entries expire. When it is full, the least recently used entry is evicted.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace ferrotunnel::plugins {

/// Not thread-safe.
template <typename Key, typename Value, typename Hash = std::hash<Key>>
class ExpiringCache {
public:
    using Time = std::chrono::steady_clock::time_point;

    /// `size_max`: 1 or more.
    explicit ExpiringCache(std::size_t size_max) : size_max_(size_max) {}
    ExpiringCache(const ExpiringCache&) = delete;
    ExpiringCache& operator=(const ExpiringCache&) = delete;

    /// The value, which becomes the most recently used one; null if there is none that has not expired. Valid until the
    /// next put, erase or clear.
    Value* find(const Key& key, Time now) {
        const auto found = places_.find(key);
        if (found == places_.end()) {
            return nullptr;
        }
        if (found->second->until <= now) {
            entries_.erase(found->second);
            places_.erase(found);
            return nullptr;
        }
        entries_.splice(entries_.begin(), entries_, found->second);
        return &found->second->value;
    }
    /// Adds or replaces an entry.
    Value& put(const Key& key, Value value, Time until) {
        erase(key);
        if (entries_.size() == size_max_) {
            places_.erase(entries_.back().key);
            entries_.pop_back();
        }
        entries_.push_front({key, std::move(value), until});
        places_[key] = entries_.begin();
        return entries_.front().value;
    }
    void erase(const Key& key) {
        const auto found = places_.find(key);
        if (found != places_.end()) {
            entries_.erase(found->second);
            places_.erase(found);
        }
    }
    void clear() {
        places_.clear();
        entries_.clear();
    }
    std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        Key key;
        Value value;
        Time until;
    };

    std::size_t size_max_;
    std::list<Entry> entries_;  // the most recently used one first
    std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> places_;
};

}  // namespace ferrotunnel::plugins
