// The trunks that together carry one port or one service. For one thread at a time: the owner locks it.
//
// They belong to one client, or to several that share it as members of a group: then a visitor's member is chosen
// first, and then the least loaded of its trunks.
//
// A member has a *slot*, which identifies it for sticky visitors: its name, and its rank among members of that name.
// The successor of a client (docs/architecture/handover.md) shares the slot of its predecessor, and gets no visitors as
// long as the predecessor accepts them: so a sticky visitor moves once, and never back and forth.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "directory/carrier_id.hpp"
#include "directory/ejection.hpp"
#include "directory/group_member.hpp"
#include "directory/member_choice.hpp"
#include "directory/membership.hpp"
#include "directory/mutant.hpp"
#include "directory/sticky.hpp"

namespace ferrotunnel::directory {

/// Health of a carrier's backend as its client reports it, and whether that client can be reached.
struct CarrierHealth {
    bool healthy = true;                  // also if the backend is not checked
    bool try_when_all_unhealthy = false;  // the carrier gets visitors if none is healthy
    bool waits = false;                   // waits to be resumed without a connection: others are preferred

    friend bool operator==(const CarrierHealth&, const CarrierHealth&) = default;
};

/// Properties of a visitor that matter to a group.
struct BalanceContext {
    TimePoint now{};
    StickyVisitor sticky{};
    const GroupMember* excluded_member = nullptr;  // a member that has just failed it
    Duration hold{};                               // how long an offline member keeps visitors with its cookie
};

/// The effect of a visitor's outcome on its member.
enum class HealthTransition : std::uint8_t { none, ejected, returned };

/// The carriers of one port or service. `Trunk` is a NumberedCarrier and has `std::uint64_t load() const`.
template <typename Trunk>
class CarrierList {
public:
    struct Carrier {
        std::shared_ptr<Trunk> trunk;
        std::uint32_t service = 0;  // the trunk's id for it
        bool yields = false;        // the next trunk of its client that joins replaces it
        std::uint64_t member = 0;   // in a group: a number of the client, never reused in this list; otherwise 0
        CarrierHealth health{};     // of its backend
        bool outgoing = false;      // the next trunk that joins replaces it
    };
    using Trunks = std::vector<std::shared_ptr<Trunk>>;
    /// A member, for display.
    struct Present {
        std::shared_ptr<GroupMember> it;
        std::uint32_t weight = 1;
    };

    static constexpr std::uint64_t detour = 16;

    bool empty() const noexcept { return carriers_.empty(); }
    std::size_t size() const noexcept { return carriers_.size(); }
    bool is_group() const noexcept { return !members_.empty(); }
    /// Whether there are carriers, and none of them accepts visitors, because their backends are unhealthy or all
    /// members are ejected.
    bool is_unhealthy() const noexcept {
        if (!members_.empty()) {
            return std::none_of(members_.begin(), members_.end(),
                                [this](const Member& one) { return is_healthy(one) && !one.ejection.is_ejected(); });
        }
        return !carriers_.empty() && std::none_of(carriers_.begin(), carriers_.end(),
                                                  [this](const Carrier& carrier) { return takes_visitors(carrier); });
    }

    /// The member that a carrier belongs to. Null if there is no group.
    std::shared_ptr<GroupMember> member_of(const Carrier& carrier) const {
        const Member* const member = find_member(carrier.member);
        return member != nullptr ? member->it : nullptr;
    }
    std::shared_ptr<GroupMember> member_of(const Trunk& trunk) const {
        const auto own = std::find_if(carriers_.begin(), carriers_.end(),
                                      [&trunk](const Carrier& carrier) { return carrier.trunk.get() == &trunk; });
        return own != carriers_.end() ? member_of(*own) : nullptr;
    }

    /// The members in the order in which they joined. Empty if there is no group.
    std::vector<Present> members() const {
        std::vector<Present> all;
        all.reserve(members_.size());
        for (const Member& member : members_) {
            all.push_back({member.it, member.declared.weight});
        }
        return all;
    }
    /// The member that a visitor with this context would stay with now. Null if the balance would choose one, or if
    /// there is none. Nothing is counted, and no turn is used.
    std::shared_ptr<GroupMember> sticky_member(const BalanceContext& context) {
        if (members_.empty()) {
            return nullptr;
        }
        const bool by_address = members_.front().declared.sticky == wire::Sticky::address;
        std::optional<std::size_t> place;
        for (const bool waiting_too : {false, true}) {
            build_candidates({}, context, {.waiting = waiting_too});
            if (std::any_of(candidates_.begin(), candidates_.end(), [](const auto& one) { return one.can; })) {
                place = by_address ? MemberChoice::choose_by_address(context.sticky.address, candidates_)
                                   : MemberChoice::find_tagged(candidates_);
                break;
            }
        }
        return place ? members_[*place].it : nullptr;
    }

    /// Whether the visitor's cookie may belong to an offline member, and so is kept: a member that waits to be resumed;
    /// or, for `hold` after the first visitor that arrived after a member had joined or left, any tag that no member
    /// has now.
    bool keeps_tag(const BalanceContext& context) const noexcept {
        return waits_with_tag(context.sticky.tag) || (is_foreign(context.sticky.tag) && context.now < tags_kept_until_);
    }
    /// The present tag of the member that has `accepted`, a tag by the other key that is accepted. `accepted` itself if
    /// none has it.
    std::string present_tag(std::string_view accepted) const {
        const auto found = std::find_if(members_.begin(), members_.end(),
                                        [accepted](const Member& one) { return one.it->accepted_tag() == accepted; });
        return found != members_.end() ? found->it->tag() : std::string(accepted);
    }

    /// Records a visitor's outcome at the member. `time`: how long the member is out, if it is ejected now.
    HealthTransition record_outcome(const GroupMember& of, MemberOutcome outcome, TimePoint now,
                                    Duration& time) noexcept {
        Member* const member = find_member(of.number());
        if (member == nullptr || member->declared.eject.failures == 0) {
            return HealthTransition::none;
        }
        const wire::Eject& terms = member->declared.eject;
        HealthTransition transition = HealthTransition::none;
        if (is_failure(terms, outcome)) {
            const bool may_go =
                may_eject_one_more(terms, members_.size(), ejected()) && (terms.last_too || others_accept(*member));
            transition = member->ejection.failed(terms, may_go, now) ? HealthTransition::ejected : transition;
        } else if (outcome == MemberOutcome::success || outcome == MemberOutcome::response_5xx) {
            transition = member->ejection.passed(now) ? HealthTransition::returned : transition;
        }
        time = member->ejection.time();
        if (transition == HealthTransition::ejected && member->it->row_) {
            member->it->row_->ejections.fetch_add(1, std::memory_order_relaxed);
        }
        member->it->watched_.store(!member->ejection.is_clean(), std::memory_order_relaxed);
        if (transition != HealthTransition::none) {
            update_health();
        }
        return transition;
    }

    /// The carrier with the least load that is not in `passed`, in turn if several are equal; in a group, a carrier of
    /// the member whose turn it is, or that the visitor stays with. A carrier that waits to be resumed is chosen only
    /// if there is no other. Null if none is left.
    const Carrier* choose(const CarrierIds& passed, const BalanceContext& context = {}) {
        const std::optional<std::uint64_t> member = choose_member(passed, context);
        return member ? least_loaded(passed, *member) : nullptr;
    }

    /// Like choose(), but prefers the least loaded carrier among those for which `is_near` holds, unless its load
    /// exceeds 1.5 times the least of all by more than `detour`.
    template <typename IsNear>
    const Carrier* choose(const CarrierIds& passed, const IsNear& is_near, const BalanceContext& context = {}) {
        const std::optional<std::uint64_t> member = choose_member(passed, context);
        const Carrier* best = member ? least_loaded(passed, *member) : nullptr;
        if (best == nullptr || is_near(*best->trunk)) {
            return best;
        }
        const std::uint64_t least = best->trunk->load();
        std::uint64_t enough = least + least / 2 + detour;
        for (const Carrier& carrier : carriers_) {
            const std::uint64_t load = carrier.trunk->load();
            if (load < enough && carrier.member == *member && carrier.health.waits == best->health.waits &&
                may_take(passed, carrier) && is_near(*carrier.trunk)) {
                best = &carrier;
                enough = load;
            }
        }
        return best;
    }

    /// The total load of all carriers.
    std::uint64_t load() const {
        std::uint64_t sum = 0;
        for (const Carrier& carrier : carriers_) {
            sum += carrier.trunk->load();
        }
        return sum;
    }

    /// Why another client may not become a member: there is no room, or its terms differ from those that all must
    /// share. Of clients with one slot only the first counts, so a successor finds room beside its predecessor.
    std::optional<Refusal> why_not_join(const Membership& membership) const {
        if (std::any_of(members_.begin(), members_.end(),
                        [&](const Member& one) { return one.declared.client == membership.client; })) {
            return std::nullopt;
        }
        const bool has_room = members_.size() < limits::group_clients_max &&
                              (predecessor_of(membership) != nullptr || slots() < limits::group_members_max);
        if (!has_room) {
            return too_many_members();
        }
        if (!members_.empty() && !members_.front().declared.agrees_with(membership)) {
            return membership_mismatch(members_.front().declared, membership);
        }
        return std::nullopt;
    }
    bool may_join(const Membership& membership) const { return !why_not_join(membership); }

    /// Adds a trunk, and returns the trunks that it replaces. `membership`: of its client, if the client is a
    /// member of a group; the latest terms apply.
    Trunks add(std::shared_ptr<Trunk> trunk, std::uint32_t service,
               const std::optional<Membership>& membership = std::nullopt, const CarrierHealth& health = {}) {
        Trunks replaced;
        replaced.reserve(carriers_.size());
        carriers_.reserve(carriers_.size() + 1);
        members_.reserve(members_.size() + 1);
        candidates_.reserve(members_.size() + 1);
        const std::uint64_t member = membership ? enter(*membership) : 0;  // from here on nothing allocates
        for (Carrier& carrier : carriers_) {
            if (carrier.outgoing || (carrier.yields && carrier.member == member)) {
                replaced.push_back(std::move(carrier.trunk));
            }
        }
        std::erase_if(carriers_, [](const Carrier& carrier) { return !carrier.trunk; });
        carriers_.push_back({std::move(trunk), service, false, member, health, false});
        update_health();
        return replaced;
    }

    void remove(const Trunk& trunk) {
        if (mutant(Mutant::gone_kept)) {
            return;
        }
        std::erase_if(carriers_, [&trunk](const Carrier& carrier) { return carrier.trunk.get() == &trunk; });
        forget_members();
        update_health();
    }

    /// Sets the client's latest report about the backend. While the backend is unhealthy the trunk accepts no new
    /// visitors.
    void set_health(const Trunk& trunk, const CarrierHealth& health) noexcept {
        for (Carrier& carrier : carriers_) {
            carrier.health = carrier.trunk.get() == &trunk ? health : carrier.health;
        }
        update_health();
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
        update_health();
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
        update_health();
        return trunks;
    }

    void set_yields(const Trunk& trunk) {
        for (Carrier& carrier : carriers_) {
            carrier.yields = carrier.yields || carrier.trunk.get() == &trunk;
        }
    }

    /// Another owner will have the port or service; its first trunk replaces all carriers.
    void set_outgoing() noexcept {
        for (Carrier& carrier : carriers_) {
            carrier.outgoing = true;
            carrier.member = 0;
        }
        members_.clear();
    }

    /// Whether this service is carried; true for any if all carriers are about to be replaced.
    bool has_service(std::uint32_t service) const {
        return std::any_of(carriers_.begin(), carriers_.end(), [service](const Carrier& carrier) {
            return carrier.service == service || carrier.outgoing;
        });
    }

    /// Whether the trunk is a carrier and accepts visitors: not while it waits to be resumed and another one does not.
    bool has(const Trunk& trunk) const {
        return std::any_of(carriers_.begin(), carriers_.end(), [&](const Carrier& carrier) {
            return carrier.trunk.get() == &trunk && takes_visitors(carrier) &&
                   (!carrier.health.waits || std::none_of(carriers_.begin(), carriers_.end(),
                                                          [&](const Carrier& other) { return accepts_now(other); }));
        });
    }

private:
    struct Member {
        std::shared_ptr<GroupMember> it;
        Membership declared;
        std::string slot;         // the slot's name
        std::uint32_t rank = 0;   // among slots of that name
        std::uint64_t hash = 0;   // of name and rank
        bool follows = false;     // the slot belonged to another member when this one joined
        std::int64_t credit = 0;  // MemberChoice::Candidate::credit
        Ejection ejection{};

        bool has_slot_of(const Member& other) const noexcept { return rank == other.rank && slot == other.slot; }
    };

    /// Which members to try beyond those that accept visitors.
    struct Fallback {
        bool ejected = false;
        bool waiting = false;
    };

    static bool is_in(const CarrierIds& passed, const Carrier& carrier) {
        return !passed.empty() && std::find(passed.begin(), passed.end(), carrier.trunk->carrier_id()) != passed.end();
    }

    bool takes_visitors(const Carrier& carrier) const noexcept {
        return carrier.health.healthy || mutant(Mutant::unhealthy_takes) ||
               (none_healthy_ && carrier.health.try_when_all_unhealthy);
    }

    bool accepts_now(const Carrier& carrier) const noexcept {
        return takes_visitors(carrier) && (!carrier.health.waits || mutant(Mutant::waiting_takes));
    }

    bool may_take(const CarrierIds& passed, const Carrier& carrier) const {
        return takes_visitors(carrier) && !is_in(passed, carrier);
    }

    void update_health() noexcept {
        none_healthy_ = std::none_of(carriers_.begin(), carriers_.end(),
                                     [](const Carrier& carrier) { return carrier.health.healthy; });
        const bool any_regular = std::any_of(members_.begin(), members_.end(), [this](const Member& one) {
            return !one.declared.standby && accepts(one);
        });
        for (const Member& member : members_) {
            using State = GroupMember::State;
            member.it->state_.store(!is_healthy(member)                      ? State::unhealthy
                                    : !is_there(member)                      ? State::waiting
                                    : member.ejection.is_ejected()           ? State::ejected
                                    : waits_for_slot(member)                 ? State::standby
                                    : member.declared.standby && any_regular ? State::standby
                                                                             : State::takes_visitors,
                                    std::memory_order_relaxed);
        }
    }

    bool is_healthy(const Member& member) const noexcept {
        return std::any_of(carriers_.begin(), carriers_.end(), [&](const Carrier& carrier) {
            return carrier.member == member.it->number() && takes_visitors(carrier);
        });
    }
    /// Like is_healthy(), and the member does not wait to be resumed.
    bool is_there(const Member& member) const noexcept {
        return std::any_of(carriers_.begin(), carriers_.end(), [&](const Carrier& carrier) {
            return carrier.member == member.it->number() && accepts_now(carrier);
        });
    }
    /// Whether the member accepts visitors, or would be tried all the same.
    bool accepts(const Member& member) const noexcept { return is_there(member) && !member.ejection.is_ejected(); }
    /// Whether the member's predecessor gets the visitors.
    bool waits_for_slot(const Member& member) const noexcept {
        return member.follows && std::any_of(members_.data(), &member, [&](const Member& before) {
                   return before.has_slot_of(member) && accepts(before);
               });
    }
    bool others_accept(const Member& but) const noexcept {
        return std::any_of(members_.begin(), members_.end(),
                           [&](const Member& one) { return one.it != but.it && accepts(one); });
    }
    std::size_t ejected() const noexcept {
        return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(),
                                                      [](const Member& one) { return one.ejection.is_ejected(); }));
    }

    template <typename Members>
    static auto member_among(Members& members, std::uint64_t number) noexcept {
        const auto found = std::find_if(members.begin(), members.end(),
                                        [number](const Member& one) { return one.it->number() == number; });
        return found != members.end() ? &*found : nullptr;
    }
    const Member* find_member(std::uint64_t number) const noexcept { return member_among(members_, number); }
    Member* find_member(std::uint64_t number) noexcept { return member_among(members_, number); }

    /// Whether `tag` has the form of a tag, and belongs to no member.
    bool is_foreign(std::string_view tag) const noexcept {
        return !tag.empty() && !members_.empty() && tag.size() == members_.front().it->tag().size() &&
               std::none_of(members_.begin(), members_.end(),
                            [tag](const Member& one) { return one.it->tag() == tag; });
    }

    /// Whether `tag` belongs to a member that waits to be resumed and whose successor is not there either.
    bool waits_with_tag(std::string_view tag) const noexcept {
        const auto any_has_it = [&](auto holds) {
            return std::any_of(members_.begin(), members_.end(),
                               [&](const Member& one) { return one.it->tag() == tag && holds(one); });
        };
        return !tag.empty() && any_has_it([this](const Member& one) { return is_healthy(one); }) &&
               !any_has_it([this](const Member& one) { return is_there(one); });
    }

    /// Adds a member, for which there is room.
    std::uint64_t enter(const Membership& membership) {
        for (Member& member : members_) {
            if (member.declared.client == membership.client) {
                member.declared = membership;
                return member.it->number();
            }
        }
        Member member;
        member.declared = membership;
        assign_slot(member);
        const StickyKey* const key = membership.sticky == wire::Sticky::cookie ? membership.key.get() : nullptr;
        const auto tag_by = [&](const StickyKey* by) {
            return by != nullptr ? by->tag(membership.group, member.slot, member.rank) : std::string();
        };
        member.it = std::make_shared<GroupMember>(last_member_ + 1, membership.name, tag_by(key), membership.row,
                                                  tag_by(key != nullptr ? key->accepted() : nullptr));
        member.hash = member_hash(member.slot, member.rank);
        members_.push_back(std::move(member));
        members_changed_ = true;
        return ++last_member_;
    }

    /// The first member that a client with this membership wants to replace. Null if none is there.
    const Member* predecessor_of(const Membership& membership) const noexcept {
        const std::vector<ClientId>& before = membership.predecessors;
        const auto found = std::find_if(members_.begin(), members_.end(), [&before](const Member& one) {
            return std::find(before.begin(), before.end(), one.declared.client) != before.end();
        });
        return found != members_.end() ? &*found : nullptr;
    }

    /// The number of slots in use.
    std::size_t slots() const noexcept {
        return static_cast<std::size_t>(std::count_if(members_.begin(), members_.end(), [this](const Member& one) {
            return std::none_of(members_.data(), &one,
                                [&one](const Member& before) { return before.has_slot_of(one); });
        }));
    }

    /// Assigns the slot of its predecessor, or otherwise the first free one of its name.
    void assign_slot(Member& member) const {
        const Member* const predecessor = predecessor_of(member.declared);
        if (predecessor != nullptr && !mutant(Mutant::slot_forgotten)) {
            member.slot = predecessor->slot;
            member.rank = predecessor->rank;
            member.follows = true;
            return;
        }
        member.slot = member.declared.name;
        while (std::any_of(members_.begin(), members_.end(),
                           [&member](const Member& one) { return one.has_slot_of(member); })) {
            ++member.rank;
        }
    }

    void forget_members() noexcept {
        std::erase_if(members_, [this](const Member& member) {
            const bool is_gone = std::none_of(carriers_.begin(), carriers_.end(), [&](const Carrier& carrier) {
                return carrier.member == member.it->number();
            });
            if (is_gone) {
                members_changed_ = true;
                member.it->state_.store(GroupMember::State::draining, std::memory_order_relaxed);
            }
            return is_gone;
        });
    }

    /// The member for a visitor; 0 if there is no group. Empty if no member is left.
    std::optional<std::uint64_t> choose_member(const CarrierIds& passed, const BalanceContext& context) {
        if (members_.empty()) {
            return 0;
        }
        if (std::exchange(members_changed_, false)) {
            tags_kept_until_ = context.now + context.hold;
        }
        std::optional<std::size_t> chosen = choose_among(passed, context, {});
        const bool ejected_too = !members_.front().declared.eject.last_too && ejected() > 0;
        if (!chosen && ejected_too) {
            chosen = choose_among(passed, context, {.ejected = true});
        }
        if (!chosen) {
            chosen = choose_among(passed, context, {.ejected = ejected_too, .waiting = true});
        }
        if (!chosen) {
            return std::nullopt;
        }
        Member& member = members_[*chosen];
        if (member.ejection.is_ejected()) {
            member.ejection.begin_trial(member.declared.eject, context.now);
        }
        return member.it->number();
    }

    std::optional<std::size_t> choose_among(const CarrierIds& passed, const BalanceContext& context,
                                            Fallback fallback) {
        build_candidates(passed, context, fallback);
        const Membership& terms = members_.front().declared;  // the same for all
        if (terms.sticky == wire::Sticky::address) {
            return MemberChoice::choose_by_address(context.sticky.address, candidates_);
        }
        if (is_foreign(context.sticky.tag) ||
            (!fallback.waiting &&
             waits_with_tag(context.sticky.tag))) {  // replaces the offline one, always by the same member
            return MemberChoice::choose_by_address(address_hash(context.sticky.tag), candidates_);
        }
        const auto chosen = choice_.choose(terms.balance, candidates_);
        for (std::size_t at = 0; at < members_.size(); ++at) {
            members_[at].credit = candidates_[at].credit;
        }
        return chosen;
    }

    /// Makes a candidate of each member.
    void build_candidates(const CarrierIds& passed, const BalanceContext& context, Fallback fallback) {
        candidates_.clear();
        for (const Member& member : members_) {
            MemberChoice::Candidate candidate{member.it->visitors_now(),
                                              member.declared.weight,
                                              member.declared.standby,
                                              false,
                                              member.credit,
                                              member.hash};
            candidate.has_tag =
                !context.sticky.tag.empty() && !mutant(Mutant::tag_forgotten) && context.sticky.tag == member.it->tag();
            candidate.can = (fallback.ejected || member.ejection.accepts(context.now)) &&
                            member.it.get() != context.excluded_member &&
                            std::any_of(carriers_.begin(), carriers_.end(), [&](const Carrier& carrier) {
                                return carrier.member == member.it->number() && may_take(passed, carrier) &&
                                       (fallback.waiting || accepts_now(carrier));
                            });
            for (std::size_t before = 0; member.follows && candidate.can && before < candidates_.size(); ++before) {
                candidate.can = !(candidates_[before].can && members_[before].has_slot_of(member));
            }
            candidates_.push_back(candidate);
        }
    }

    const Carrier* least_loaded(const CarrierIds& passed, std::uint64_t member) {
        const std::size_t count = carriers_.size();
        const std::size_t turn = turn_;
        const Carrier* best = nullptr;
        std::uint64_t fewest = 0;
        for (std::size_t i = 0; i < count && (best == nullptr || best->health.waits || fewest > 0); ++i) {
            const std::size_t at = (turn + i) % count;
            const Carrier& carrier = carriers_[at];
            if (carrier.member != member || !may_take(passed, carrier)) {
                continue;
            }
            const std::uint64_t load = carrier.trunk->load();
            if (best == nullptr || std::pair(carrier.health.waits, load) < std::pair(best->health.waits, fewest)) {
                best = &carrier;
                fewest = load;
                turn_ = at + 1;
            }
        }
        return best;
    }

    std::vector<Carrier> carriers_;
    std::size_t turn_ = 0;
    std::vector<Member> members_;  // of a group; empty: the carriers are those of one client
    std::vector<MemberChoice::Candidate> candidates_;
    MemberChoice choice_;
    std::uint64_t last_member_ = 0;
    bool members_changed_ = false;  // since the last visitor
    TimePoint tags_kept_until_{};
    bool none_healthy_ = true;  // carriers with try_when_all_unhealthy then accept visitors
};

}  // namespace ferrotunnel::directory
