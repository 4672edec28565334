#include "cluster/members.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.hpp"
#include "base/fnv.hpp"
#include "base/split_mix.hpp"
#include "cluster/label.hpp"
#include "cluster/limits.hpp"

namespace ferrotunnel::cluster {
namespace {

// Part of the protocol: members of all versions must agree on homes. A client can choose names that have one home. That
// is harmless, since it needs a right to each name, and the requests that a home works on are bounded.
std::uint64_t hash_of(std::string_view text) noexcept {
    return split_mix(fnv1a(as_bytes(text)));
}

}  // namespace

static_assert(limits::member_name_max == ferrotunnel::limits::host_label_max);

bool is_member_name(std::string_view name) noexcept {
    return is_label(name) && name.front() != '-' && name.back() != '-';
}

Members::Members(std::vector<std::string> names, std::string_view own, Decides decides)
    : names_(std::move(names)), decides_(decides) {
    check(!names_.empty() && names_.size() <= limits::members_max, "a cluster has 1 to members_max members");
    check(std::all_of(names_.begin(), names_.end(), is_member_name), "names of members are valid");
    std::sort(names_.begin(), names_.end());
    check(std::adjacent_find(names_.begin(), names_.end()) == names_.end(), "names of members differ");
    places_.reserve(capacity());
    places_ = names_;
    const auto place = find(own);
    check(place.has_value(), "the own name is in the list of members");
    own_ = *place;
    hashes_.reserve(names_.size());
    std::transform(names_.begin(), names_.end(), std::back_inserter(hashes_), hash_of);
}

std::optional<MemberIndex> Members::find(std::string_view name) const noexcept {
    const auto place = std::find(places_.begin(), places_.end(), name);
    return place != places_.end() && !name.empty() ? std::optional(static_cast<MemberIndex>(place - places_.begin()))
                                                   : std::nullopt;
}

std::size_t Members::capacity() const noexcept {
    return is_open() ? limits::member_slots : names_.size();
}

std::optional<MemberIndex> Members::add(std::string_view name) {
    if (const auto known = find(name)) {
        return known;
    }
    const auto free = std::find(places_.begin(), places_.end(), std::string());
    if (!is_member_name(name) || (free == places_.end() && places_.size() >= capacity())) {
        return std::nullopt;
    }
    const auto index = static_cast<MemberIndex>(free - places_.begin());
    if (free == places_.end()) {
        places_.emplace_back(name);
    } else {
        *free = name;
    }
    return index;
}

bool Members::remove(MemberIndex index) {
    if (index < names_.size() || !is_known(index)) {
        return false;
    }
    places_[index].clear();
    return true;
}

MemberIndex Members::home_of(const Name& name) const noexcept {
    if (!has_homes()) {
        return own_;
    }
    const std::uint64_t root = hash_of(name.root());
    std::size_t home = 0;
    std::uint64_t highest = 0;
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
        const std::uint64_t score = split_mix(hashes_[i] ^ root);
        if (score > highest) {  // of equals the first one
            highest = score;
            home = i;
        }
    }
    return static_cast<MemberIndex>(home);
}

}  // namespace ferrotunnel::cluster
