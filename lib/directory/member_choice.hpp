// Which member of a group a visitor goes to. A pure function of what is told about the members, and of whose turn it
// is.
//
//   members --that can take the visitor--> those that are not on standby, if there are any --balance--> one
//
//   round_robin   in turn, each as often as its weight says, and evenly: with weights 2 and 1 a b a, not a a b
//   least         the one that has the fewest visitors for its weight, in turn where several have the same
//   two_choices   of two that are drawn, the one that has fewer for its weight: as even as `least` with many members
//                 and servers that do not see each other's visitors, and without a herd
//
// Source of the even turns: nginx's smooth weighted round robin. Of two choices: Mitzenmacher, "The Power of Two
// Choices in Randomized Load Balancing".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "wire/control.hpp"

namespace ferrotunnel::directory {

class MemberChoice {
public:
    struct Candidate {
        std::uint64_t load = 0;    // visitors that it has
        std::uint32_t weight = 1;  // 1 or more
        bool standby = false;
        bool can = true;          // take this visitor
        std::int64_t credit = 0;  // of its turns: kept from call to call, and begins as 0
    };

    /// The place of the one that is chosen. Nothing: nobody can take the visitor.
    std::optional<std::size_t> choose(wire::Balance balance, std::vector<Candidate>& members) {
        bool any = false;
        bool any_regular = false;
        for (const Candidate& member : members) {
            any = any || member.can;
            any_regular = any_regular || (member.can && !member.standby);
        }
        if (!any) {
            return std::nullopt;
        }
        const auto may = [any_regular](const Candidate& member) {
            return member.can && (!any_regular || !member.standby);
        };
        switch (balance) {
            case wire::Balance::least:
                return least(members, may);
            case wire::Balance::two_choices:
                return two_choices(members, may);
            case wire::Balance::round_robin:
                break;
        }
        return in_turn(members, may);
    }

private:
    // Whether one has fewer visitors for its weight than another. Loads are below 2^32, and weights below 2^31.
    static bool has_fewer(const Candidate& one, const Candidate& other) noexcept {
        return one.load * other.weight < other.load * one.weight;
    }

    template <typename May>
    static std::size_t in_turn(std::vector<Candidate>& members, const May& may) {
        std::optional<std::size_t> best;
        std::int64_t total = 0;
        for (std::size_t at = 0; at < members.size(); ++at) {
            if (may(members[at])) {
                members[at].credit += members[at].weight;
                total += members[at].weight;
                best = !best || members[at].credit > members[*best].credit ? at : *best;
            }
        }
        members[*best].credit -= total;
        return *best;
    }

    template <typename May>
    std::size_t least(const std::vector<Candidate>& members, const May& may) {
        std::optional<std::size_t> best;
        const std::size_t turn = turn_;
        for (std::size_t i = 0; i < members.size(); ++i) {
            const std::size_t at = (turn + i) % members.size();
            if (may(members[at]) && (!best || has_fewer(members[at], members[*best]))) {
                best = at;
                turn_ = at + 1;
            }
        }
        return *best;
    }

    template <typename May>
    std::size_t two_choices(const std::vector<Candidate>& members, const May& may) {
        const std::size_t one = drawn(members, may, members.size());
        const std::size_t other = drawn(members, may, one);
        return other < members.size() && has_fewer(members[other], members[one]) ? other : one;
    }

    // One of those that may, by weight, but not the one at `without`. The members' number: there is none.
    template <typename May>
    std::size_t drawn(const std::vector<Candidate>& members, const May& may, std::size_t without) {
        std::uint64_t total = 0;
        for (std::size_t at = 0; at < members.size(); ++at) {
            total += at != without && may(members[at]) ? members[at].weight : 0;
        }
        if (total == 0) {
            return members.size();
        }
        std::uint64_t left = random() % total;
        for (std::size_t at = 0; at < members.size(); ++at) {
            const std::uint64_t share = at != without && may(members[at]) ? members[at].weight : 0;
            if (left < share) {
                return at;
            }
            left -= share;
        }
        return members.size();
    }

    // splitmix64: nobody gains by guessing which member a visitor comes to.
    std::uint64_t random() noexcept {
        state_ += 0x9e37'79b9'7f4a'7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58'476d'1ce4'e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d0'49bb'1331'11ebU;
        return mixed ^ (mixed >> 31U);
    }

    std::size_t turn_ = 0;
    std::uint64_t state_ = 0;
};

}  // namespace ferrotunnel::directory
