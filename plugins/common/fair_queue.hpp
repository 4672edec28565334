// A queue that shares its places and turns between groups, and within a group between its members. A flood fills only
// its own share.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <utility>

#include "common/round_robin_table.hpp"

namespace ferrotunnel::plugins {

/// The owner of a place in a FairQueue.
struct Share {
    std::uint64_t group = 0;   // such as the visitors of one token
    std::uint64_t member = 0;  // such as those of one network among them

    auto operator<=>(const Share&) const = default;
};

/// The user of the queue limits it: when no place is left, make_room() returns the value to drop. Each call takes
/// logarithmic time in the number of values. Not thread-safe.
template <typename Value>
class FairQueue {
public:
    bool empty() const noexcept { return order_.empty(); }
    std::size_t size() const noexcept { return order_.size(); }

    /// Adds a value after those of its share.
    void push(Share share, Value value) {
        std::list<Entry> entry;
        entry.push_back({share, std::move(value)});
        Places& places = places_[share];
        bool is_placed = false;
        bool is_counted = false;
        try {
            places.push_back(entry.begin());
            is_placed = true;
            groups_.add(share.group);
            is_counted = true;
            members_[share.group].add(share.member);
        } catch (...) {  // no memory: undo
            if (is_counted) {
                groups_.remove(share.group);
            }
            if (is_placed) {
                places.pop_back();
            }
            tidy(share);
            throw;
        }
        order_.splice(order_.end(), entry);
    }
    /// Removes the next value: groups take turns, and so do the members of one. The queue must not be empty.
    Value pop() {
        const std::uint64_t group = groups_.next();
        RoundRobinTable& members = members_.find(group)->second;
        const Share share{group, members.next()};
        groups_.pass();
        members.pass();
        return take(share, places_.find(share)->second.front());
    }

    /// The value that has waited longest; null if the queue is empty.
    const Value* oldest() const noexcept { return order_.empty() ? nullptr : &order_.front().value; }
    /// The queue must not be empty.
    Value pop_oldest() { return take(order_.front().share, order_.begin()); }

    /// Removes the newest value of the largest share, to make room for one more of `share`. Empty if `share` itself
    /// would be as large: then the new value has no place.
    std::optional<Value> make_room(Share share) {
        const std::optional<Share> largest = larger_than(share);
        return largest ? std::optional(take(*largest, places_.find(*largest)->second.back())) : std::nullopt;
    }
    /// Like make_room(), for notices, of which the oldest is worth least: removes it from `share` if no other is
    /// larger. Empty if `share` has none.
    std::optional<Value> make_room_of_oldest(Share share) {
        const Share from = larger_than(share).value_or(share);
        const auto found = places_.find(from);
        return found != places_.end() ? std::optional(take(from, found->second.front())) : std::nullopt;
    }

private:
    struct Entry {
        Share share;
        Value value;
    };
    using Place = typename std::list<Entry>::iterator;
    using Places = std::deque<Place>;  // in order of arrival

    /// A share that would still be larger after `share` gained a value and it lost one.
    std::optional<Share> larger_than(Share share) const {
        if (groups_.empty()) {
            return std::nullopt;
        }
        const std::uint64_t group = groups_.largest();
        if (groups_.count(share.group) + 1 < groups_.count(group)) {
            return Share{group, members_.find(group)->second.largest()};
        }
        const auto own = members_.find(share.group);
        if (own == members_.end()) {
            return std::nullopt;
        }
        const std::uint64_t member = own->second.largest();
        const bool is_larger = own->second.count(share.member) + 1 < own->second.count(member);
        return is_larger ? std::optional(Share{share.group, member}) : std::nullopt;
    }
    Value take(Share share, Place place) {
        Value value = std::move(place->value);
        Places& places = places_.find(share)->second;
        if (places.front() == place) {
            places.pop_front();
        } else {
            places.pop_back();
        }
        groups_.remove(share.group);
        members_.find(share.group)->second.remove(share.member);
        tidy(share);
        order_.erase(place);
        return value;
    }
    void tidy(Share share) {
        if (const auto places = places_.find(share); places != places_.end() && places->second.empty()) {
            places_.erase(places);
        }
        if (const auto members = members_.find(share.group); members != members_.end() && members->second.empty()) {
            members_.erase(members);
        }
    }

    std::list<Entry> order_;  // in order of arrival
    std::map<Share, Places> places_;
    RoundRobinTable groups_;
    std::map<std::uint64_t, RoundRobinTable> members_;  // by group
};

}  // namespace ferrotunnel::plugins
