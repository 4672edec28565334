// A queue whose places and turns are shared: between groups, and within a group between its members. A flood of one
// fills the share of that one.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <optional>
#include <utility>

#include "common/turn_table.hpp"

namespace ferrotunnel::plugins {

/// Owner of a place in a FairQueue.
struct Share {
    std::uint64_t group = 0;   // the visitors of one token, say
    std::uint64_t member = 0;  // those of one network among them

    auto operator<=>(const Share&) const = default;
};

/// Its user bounds it: where no place is left, make_room() says which value gives way. Each call takes time in the
/// logarithm of the number of values. Not for several threads at once.
template <typename Value>
class FairQueue {
public:
    bool empty() const noexcept { return order_.empty(); }
    std::size_t size() const noexcept { return order_.size(); }

    /// Adds a value behind those of its share.
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
        } catch (...) {  // no memory: as it was before
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
    /// Removes the value whose turn it is: groups take turns, and so do the members of one. Not of an empty queue.
    Value pop() {
        const std::uint64_t group = groups_.next();
        TurnTable& members = members_.find(group)->second;
        const Share share{group, members.next()};
        groups_.pass();
        members.pass();
        return take(share, places_.find(share)->second.front());
    }

    /// The value that has waited longest of all; null: the queue is empty.
    const Value* oldest() const noexcept { return order_.empty() ? nullptr : &order_.front().value; }
    /// Not of an empty queue.
    Value pop_oldest() { return take(order_.front().share, order_.begin()); }

    /// Removes the newest value of the share that has most, for one more of `share`. Nothing: `share` itself would have
    /// as much, and the new value is the one that has no place.
    std::optional<Value> make_room(Share share) {
        const std::optional<Share> largest = larger_than(share);
        return largest ? std::optional(take(*largest, places_.find(*largest)->second.back())) : std::nullopt;
    }
    /// The same for news, of which the oldest is worth least: it is that of `share` where no other has more. Nothing:
    /// `share` has none.
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
    using Places = std::deque<Place>;  // in the order of their arrival

    /// A share that has more even when `share` has one more and it one less.
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

    std::list<Entry> order_;  // of arrival
    std::map<Share, Places> places_;
    TurnTable groups_;
    std::map<std::uint64_t, TurnTable> members_;  // by group
};

}  // namespace ferrotunnel::plugins
