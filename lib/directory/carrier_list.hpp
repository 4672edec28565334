// The trunks that carry one port or one service together. For one thread at a time: the owner locks it.
//
// They are those of one client; or of several, which share it as members of a group: then a visitor's member is chosen
// first, and of its trunks the one with the least load.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "directory/member_choice.hpp"
#include "directory/membership.hpp"

namespace ferrotunnel::directory {

/// What the client of a carrier says of the backend behind it.
struct CarrierHealth {
    bool healthy = true;                  // or nobody looks
    bool try_when_all_unhealthy = false;  // it takes visitors where no carrier is healthy

    friend bool operator==(const CarrierHealth&, const CarrierHealth&) = default;
};

/// The carriers of one port or service. `Trunk` has `std::uint64_t load() const`.
template <typename Trunk>
class CarrierList {
public:
    struct Carrier {
        std::shared_ptr<Trunk> trunk;
        std::uint32_t service = 0;  // the trunk's id for it
        bool yields = false;        // the next trunk of its client that joins takes its place
        std::uint64_t member = 0;   // of a group: a number that no other client has, or had, in this list; else 0
        CarrierHealth health{};     // of what is behind it
        bool outgoing = false;      // whoever joins next takes its place
    };
    using Trunks = std::vector<std::shared_ptr<Trunk>>;

    static constexpr std::uint64_t detour = 16;

    bool empty() const noexcept { return carriers_.empty(); }
    std::size_t size() const noexcept { return carriers_.size(); }
    bool is_group() const noexcept { return !members_.empty(); }
    /// Whether there are carriers, and none of them takes visitors, since what is behind them is unhealthy.
    bool is_unhealthy() const noexcept {
        return !carriers_.empty() && std::none_of(carriers_.begin(), carriers_.end(),
                                                  [this](const Carrier& carrier) { return takes_visitors(carrier); });
    }

    /// The carrier with the least load that is not in `passed`, in turn if several have the same; of a group's, one of
    /// the member whose turn it is. Null: none is left.
    const Carrier* choose(const std::vector<const Trunk*>& passed) {
        const std::optional<std::uint64_t> member = choose_member(passed);
        return member ? least_loaded(passed, *member) : nullptr;
    }

    /// Like choose(), but prefers the carrier with the least load among those for which `is_near` holds, unless its
    /// load is half as much again, and `detour` more, as the least of all.
    template <typename IsNear>
    const Carrier* choose(const std::vector<const Trunk*>& passed, const IsNear& is_near) {
        const std::optional<std::uint64_t> member = choose_member(passed);
        const Carrier* best = member ? least_loaded(passed, *member) : nullptr;
        if (best == nullptr || is_near(*best->trunk)) {
            return best;
        }
        const std::uint64_t least = best->trunk->load();
        std::uint64_t enough = least + least / 2 + detour;
        for (const Carrier& carrier : carriers_) {
            const std::uint64_t load = carrier.trunk->load();
            if (load < enough && carrier.member == *member && may_take(passed, carrier) && is_near(*carrier.trunk)) {
                best = &carrier;
                enough = load;
            }
        }
        return best;
    }

    /// The load of all carriers together.
    std::uint64_t load() const {
        std::uint64_t sum = 0;
        for (const Carrier& carrier : carriers_) {
            sum += carrier.trunk->load();
        }
        return sum;
    }

    /// Whether one more client may be a member: there is room, and it says the same of the balance.
    bool may_join(const Membership& membership) const {
        return std::any_of(members_.begin(), members_.end(),
                           [&](const Member& one) { return one.says.client == membership.client; }) ||
               (members_.size() < limits::group_members_max &&
                (members_.empty() || members_.front().says.balance == membership.balance));
    }

    /// Adds a trunk, and returns the trunks whose place it takes. `membership`: of its client, where that is a member
    /// of a group; what it says last counts.
    Trunks add(std::shared_ptr<Trunk> trunk, std::uint32_t service,
               const std::optional<Membership>& membership = std::nullopt, const CarrierHealth& health = {}) {
        Trunks replaced;
        replaced.reserve(carriers_.size());
        carriers_.reserve(carriers_.size() + 1);
        members_.reserve(members_.size() + 1);
        candidates_.reserve(members_.size() + 1);  // from here on nothing allocates
        const std::uint64_t member = membership ? enter(*membership) : 0;
        for (Carrier& carrier : carriers_) {
            if (carrier.outgoing || (carrier.yields && carrier.member == member)) {
                replaced.push_back(std::move(carrier.trunk));
            }
        }
        std::erase_if(carriers_, [](const Carrier& carrier) { return !carrier.trunk; });
        carriers_.push_back({std::move(trunk), service, false, member, health, false});
        look_at_health();
        return replaced;
    }

    void remove(const Trunk& trunk) {
        std::erase_if(carriers_, [&trunk](const Carrier& carrier) { return carrier.trunk.get() == &trunk; });
        forget_members();
        look_at_health();
    }

    /// What the client says of the backend from now on. While it is unhealthy the trunk takes no new visitors.
    void set_health(const Trunk& trunk, const CarrierHealth& health) noexcept {
        for (Carrier& carrier : carriers_) {
            carrier.health = carrier.trunk.get() == &trunk ? health : carrier.health;
        }
        look_at_health();
    }

    /// Removes all carriers of the client that `trunk` is one of.
    Trunks remove_all_of(const Trunk& trunk) {
        Trunks trunks;
        trunks.reserve(carriers_.size());  // from here on nothing allocates
        const auto own = std::find_if(carriers_.begin(), carriers_.end(),
                                      [&trunk](const Carrier& carrier) { return carrier.trunk.get() == &trunk; });
        if (own == carriers_.end() && is_group()) {
            return trunks;
        }
        const std::uint64_t member = own != carriers_.end() ? own->member : 0;
        for (Carrier& carrier : carriers_) {
            if (carrier.member == member) {
                trunks.push_back(std::move(carrier.trunk));
            }
        }
        std::erase_if(carriers_, [](const Carrier& carrier) { return !carrier.trunk; });
        forget_members();
        look_at_health();
        return trunks;
    }

    Trunks remove_all() {
        Trunks trunks;
        trunks.reserve(carriers_.size());  // from here on nothing allocates
        for (Carrier& carrier : carriers_) {
            trunks.push_back(std::move(carrier.trunk));
        }
        carriers_.clear();
        forget_members();
        look_at_health();
        return trunks;
    }

    void set_yields(const Trunk& trunk) {
        for (Carrier& carrier : carriers_) {
            carrier.yields = carrier.yields || carrier.trunk.get() == &trunk;
        }
    }

    /// Another owner has the port or service from now on, whose first trunk takes the place of all.
    void set_outgoing() noexcept {
        for (Carrier& carrier : carriers_) {
            carrier.outgoing = true;
            carrier.member = 0;
        }
        members_.clear();
    }

    /// Whether it is this service that is carried; any, where all are about to be replaced.
    bool has_service(std::uint32_t service) const {
        return std::any_of(carriers_.begin(), carriers_.end(), [service](const Carrier& carrier) {
            return carrier.service == service || carrier.outgoing;
        });
    }

    /// Whether the trunk is one of them, and takes visitors.
    bool has(const Trunk& trunk) const {
        return std::any_of(carriers_.begin(), carriers_.end(), [&](const Carrier& carrier) {
            return carrier.trunk.get() == &trunk && takes_visitors(carrier);
        });
    }

private:
    struct Member {
        std::uint64_t number = 0;
        Membership says;
        std::int64_t credit = 0;  // MemberChoice::Candidate::credit
    };

    static bool is_in(const std::vector<const Trunk*>& passed, const Carrier& carrier) {
        return !passed.empty() && std::find(passed.begin(), passed.end(), carrier.trunk.get()) != passed.end();
    }

    bool takes_visitors(const Carrier& carrier) const noexcept {
        return carrier.health.healthy || (none_healthy_ && carrier.health.try_when_all_unhealthy);
    }

    bool may_take(const std::vector<const Trunk*>& passed, const Carrier& carrier) const {
        return takes_visitors(carrier) && !is_in(passed, carrier);
    }

    void look_at_health() noexcept {
        none_healthy_ = std::none_of(carriers_.begin(), carriers_.end(),
                                     [](const Carrier& carrier) { return carrier.health.healthy; });
    }

    std::uint64_t enter(const Membership& membership) noexcept {
        for (Member& member : members_) {
            if (member.says.client == membership.client) {
                member.says = membership;
                return member.number;
            }
        }
        members_.push_back({++last_member_, membership, 0});
        return last_member_;
    }

    void forget_members() noexcept {
        std::erase_if(members_, [this](const Member& member) {
            return std::none_of(carriers_.begin(), carriers_.end(),
                                [&](const Carrier& carrier) { return carrier.member == member.number; });
        });
    }

    /// The member that a visitor goes to: 0 where there is no group. Nothing: nobody is left.
    std::optional<std::uint64_t> choose_member(const std::vector<const Trunk*>& passed) {
        if (members_.empty()) {
            return 0;
        }
        candidates_.clear();
        for (const Member& member : members_) {
            MemberChoice::Candidate candidate{0, member.says.weight, member.says.standby, false, member.credit};
            for (const Carrier& carrier : carriers_) {
                if (carrier.member == member.number) {
                    candidate.load += carrier.trunk->load();
                    candidate.can = candidate.can || may_take(passed, carrier);
                }
            }
            candidates_.push_back(candidate);
        }
        const auto chosen = choice_.choose(members_.front().says.balance, candidates_);
        for (std::size_t at = 0; at < members_.size(); ++at) {
            members_[at].credit = candidates_[at].credit;
        }
        return chosen ? std::optional(members_[*chosen].number) : std::nullopt;
    }

    const Carrier* least_loaded(const std::vector<const Trunk*>& passed, std::uint64_t member) {
        const std::size_t count = carriers_.size();
        const std::size_t turn = turn_;
        const Carrier* best = nullptr;
        std::uint64_t fewest = 0;
        for (std::size_t i = 0; i < count && (best == nullptr || fewest > 0); ++i) {
            const std::size_t at = (turn + i) % count;
            const Carrier& carrier = carriers_[at];
            if (carrier.member != member || !may_take(passed, carrier)) {
                continue;
            }
            if (const std::uint64_t load = carrier.trunk->load(); best == nullptr || load < fewest) {
                best = &carrier;
                fewest = load;
                turn_ = at + 1;
            }
        }
        return best;
    }

    std::vector<Carrier> carriers_;
    std::size_t turn_ = 0;
    std::vector<Member> members_;  // of a group; none: the carriers are those of one client
    std::vector<MemberChoice::Candidate> candidates_;
    MemberChoice choice_;
    std::uint64_t last_member_ = 0;
    bool none_healthy_ = true;  // so whoever says that it is to be tried then takes visitors
};

}  // namespace ferrotunnel::directory
