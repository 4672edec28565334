// Choice of the group member for a visitor. A pure function of the members' numbers and turns.
//
//   members --that can take the visitor--> those that are not on standby, if there are any --balance--> one
//
//   round_robin   in turn, in proportion to the weights, and evenly: with weights 2 and 1 a b a, not a a b
//   least         the one that has the fewest visitors for its weight, in turn where several have the same
//   two_choices   of two that are drawn, the one that has fewer for its weight: as even as `least` with many members
//                 and servers that do not see each other's visitors, and without a herd
//
// Where visitors stay with their members (sticky.hpp), the balance is for those who have none yet, or none that accepts
// them:
//
//   by a tag      the balance chooses among the members that have the visitor's tag, if there are any
//   by address    the member that draws the lowest lot for this address (rendezvous hashing): if a member leaves, only
//                 its own visitors move, evenly to the others, and return when it is back
//
// Source of the even turns: nginx's smooth weighted round robin. Of two choices: Mitzenmacher, "The Power of Two
// Choices in Randomized Load Balancing". Of weighted rendezvous: Schindelhauer and Schomaker, "Weighted Distributed
// Hash Tables".
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/split_mix.hpp"
#include "directory/mutant.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::directory {

class MemberChoice {
public:
    struct Candidate {
        std::uint64_t load = 0;    // visitors that it has
        std::uint32_t weight = 1;  // 1 or more
        bool standby = false;
        bool can = true;          // accept this visitor
        std::int64_t credit = 0;  // of its turns: kept from call to call, initially 0
        std::uint64_t hash = 0;   // of its identity; unique
        bool has_tag = false;     // the visitor's cookie names this member
    };

    /// The index of the chosen candidate. Empty if none can accept the visitor.
    std::optional<std::size_t> choose(wire::Balance balance, std::vector<Candidate>& members) {
        const Who who = who_may(members);
        const auto may = [&who](const Candidate& member) { return who.may(member); };
        const auto stays = [&who](const Candidate& member) { return member.has_tag && who.may(member); };
        if (!who.any) {
            return std::nullopt;
        }
        return std::any_of(members.begin(), members.end(), stays) ? by_balance(balance, members, stays)
                                                                  : by_balance(balance, members, may);
    }

    /// The candidate that a visitor with this tag stays with. Empty if the balance would choose one.
    static std::optional<std::size_t> find_tagged(const std::vector<Candidate>& members) {
        const Who who = who_may(members);
        const auto found = std::find_if(members.begin(), members.end(),
                                        [&who](const Candidate& member) { return member.has_tag && who.may(member); });
        return found != members.end() ? std::optional(static_cast<std::size_t>(found - members.begin())) : std::nullopt;
    }

    /// The candidate for a visitor that stays with the member of its address.
    static std::optional<std::size_t> choose_by_address(std::uint64_t address, const std::vector<Candidate>& members) {
        const Who who = who_may(members);
        std::optional<std::size_t> best;
        double least = 0;
        for (std::size_t at = 0; at < members.size(); ++at) {
            if (who.may(members[at])) {
                const double lot = -std::log(drawn_by(address, members[at].hash)) / members[at].weight;
                if (!best || lot < least) {
                    best = at;
                    least = lot;
                }
            }
        }
        return best;
    }

private:
    struct Who {
        bool any = false;
        bool any_regular = false;

        bool may(const Candidate& member) const noexcept { return member.can && (!any_regular || !member.standby); }
    };

    static Who who_may(const std::vector<Candidate>& members) noexcept {
        Who who;
        for (const Candidate& member : members) {
            who.any = who.any || member.can;
            who.any_regular = who.any_regular || (member.can && !member.standby && !mutant(Mutant::standby_takes));
        }
        return who;
    }

    template <typename May>
    std::size_t by_balance(wire::Balance balance, std::vector<Candidate>& members, const May& may) {
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

    // One of the candidates for which `may` holds, by weight, but not the one at `without`. The number of members if
    // there is none.
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

    // Not cryptographic: guessing a visitor's member gains nothing.
    std::uint64_t random() noexcept { return split_mix(state_ += split_mix_step); }

    // The lot of an address at a member: strictly between 0 and 1.
    static double drawn_by(std::uint64_t address, std::uint64_t member) noexcept {
        constexpr double of_53_bits = 0x1p-53;
        return (static_cast<double>(split_mix(address ^ split_mix(member + split_mix_step)) >> 11U) + 0.5) * of_53_bits;
    }

    std::size_t turn_ = 0;
    std::uint64_t state_ = 0;
};

}  // namespace ferrotunnel::directory
