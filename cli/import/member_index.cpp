#include "member_index.hpp"

#include <cstddef>

#include "text.hpp"
#include "visits.hpp"

namespace ferrotunnel::cli::importing {

const Value* MemberIndex::find(const Value& map, std::string_view key) {
    constexpr std::size_t searched_max = 16;  // an index of fewer members costs more than it saves
    if (map.members.size() <= searched_max) {
        return map.find(key);
    }
    const Members& members = members_of(map);
    count_visits(1);
    if (const auto found = members.exact.find(key); found != members.exact.end()) {
        return found->second;
    }
    const auto found = members.in_lower_case.find(in_lower_case(key));
    return found == members.in_lower_case.end() ? nullptr : found->second;
}

const MemberIndex::Members& MemberIndex::members_of(const Value& map) {
    const auto [place, is_new] = maps_.try_emplace(&map);
    if (is_new) {
        count_visits(map.members.size());
        for (const auto& [key, member] : map.members) {
            place->second.exact.try_emplace(key, &member);
            place->second.in_lower_case.try_emplace(in_lower_case(key), &member);
        }
    }
    return place->second;
}

}  // namespace ferrotunnel::cli::importing
