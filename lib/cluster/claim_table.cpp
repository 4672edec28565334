#include "cluster/claim_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.hpp"
#include "cluster/limits.hpp"
#include "cluster/reservations.hpp"
#include "cluster/rooted_names.hpp"

namespace ferrotunnel::cluster {

struct ClaimTable::Parts {
    struct Item : Rooted {
        Item(const Claim& claim, MemberIndex member_in, bool routes_in) : claimed(claim.name), member(member_in) {
            set(claim, routes_in);
        }
        void set(const Claim& claim, bool routes_in) noexcept {
            owner = claim.owner;
            routes = routes_in;
            provisional = claim.provisional;
            readiness = claim.readiness;
            since = claim.since;
            over = claim.over;
            terms = claim.terms;
        }

        const Name& name() const noexcept { return claimed; }
        auto order() const noexcept { return std::tie(provisional, since, member, claimed); }
        bool is_before(const Item& other) const noexcept { return order() < other.order(); }
        Claim claim() const& { return {claimed, owner, since, over, terms, provisional, readiness}; }
        Claim claim() && noexcept { return {std::move(claimed), owner, since, over, terms, provisional, readiness}; }
        Entry entry() const { return {claim(), member, routes}; }

        Slot previous = no_slot;  // in the list of the member's items
        Slot next = no_slot;
        std::uint32_t sync = 0;  // Member::sync when it was repeated
        // The values of an Entry, in an order without gaps.
        Name claimed;
        Owner owner{};
        MemberIndex member = 0;
        bool routes = true;
        bool provisional = false;
        Readiness readiness = Readiness::ready;
        Since since = 0;
        Since over = 0;
        std::uint64_t terms = 0;
    };
    static_assert(sizeof(void*) != 8 || sizeof(Item) <= 120, "a typical host takes less than 140 bytes");
    struct Member {
        Slot first = no_slot;
        std::size_t size = 0;
        std::size_t bytes = 0;
        std::uint32_t sync = 0;  // the number of the latest begin_sync()
        bool is_syncing = false;
    };

    Parts(std::size_t count, std::uint64_t seed) : names(seed), reserved(seed) {
        check(count >= 1 && count <= limits::member_slots, "a table has 1 to member_slots members");
        members.resize(count);
    }

    Member& member(MemberIndex index) {
        check(index < members.size(), "the member is in the list");
        return members[index];
    }

    Slot find(MemberIndex index, const Name& name) const {
        Slot slot = names.find(name);
        while (slot != no_slot && names[slot].member != index) {
            slot = names.find_after(slot);
        }
        return slot;
    }

    // False if the member has too many.
    bool insert(Member& of, Item item) {
        const std::size_t bytes = names.bytes_of(item);
        if (of.size >= limits::claims_max || of.bytes + bytes > limits::claims_bytes_max) {
            return false;
        }
        item.sync = of.sync;
        item.next = of.first;
        const Slot slot = names.insert(std::move(item));
        if (of.first != no_slot) {
            names[of.first].previous = slot;
        }
        of.first = slot;
        ++of.size;
        of.bytes += bytes;
        return true;
    }

    Claim take(Slot slot) noexcept {
        Item item = names.take(slot);
        Member& of = members[item.member];
        (item.previous == no_slot ? of.first : names[item.previous].next) = item.next;
        if (item.next != no_slot) {
            names[item.next].previous = item.previous;
        }
        --of.size;
        of.bytes -= names.bytes_of(item);
        return std::move(item).claim();
    }

    // Throws before it changes anything.
    template <typename Ends>
    std::vector<Claim> take_if(const Member& of, const Ends& ends) {
        std::size_t ending = 0;
        for (Slot slot = of.first; slot != no_slot; slot = names[slot].next) {
            ending += ends(names[slot]) ? 1 : 0;
        }
        std::vector<Claim> ended;
        ended.reserve(ending);
        for (Slot slot = of.first; slot != no_slot;) {
            const Slot next = names[slot].next;
            if (ends(names[slot])) {
                ended.push_back(take(slot));
            }
            slot = next;
        }
        return ended;
    }

    RootedNames<Item> names;
    Reservations reserved;
    std::vector<Member> members;
    Since latest = 0;
};

ClaimTable::ClaimTable(std::size_t members, std::uint64_t seed) : parts_(std::make_unique<Parts>(members, seed)) {}

ClaimTable::~ClaimTable() = default;

ClaimTable::Added ClaimTable::add(MemberIndex member, const Claim& claim, bool routes) {
    Parts::Member& of = parts_->member(member);
    parts_->latest = std::max(parts_->latest, claim.since);
    const Slot slot = parts_->find(member, claim.name);
    if (slot == no_slot) {
        if (!parts_->insert(of, Parts::Item(claim, member, routes))) {
            return Added::full;
        }
        parts_->reserved.erase(claim.name);
        return Added::added;
    }
    Parts::Item& item = parts_->names[slot];
    item.sync = of.sync;
    if (item.claim() == claim && item.routes == routes) {
        return Added::same;
    }
    parts_->names.reorder(slot, [&](Parts::Item& changed) { changed.set(claim, routes); });
    return Added::changed;
}

bool ClaimTable::add_hearsay(MemberIndex member, const Claim& claim) {
    if (parts_->find(member, claim.name) != no_slot || add(member, claim, false) != Added::added) {
        return false;
    }
    --parts_->names[parts_->member(member).first].sync;  // the first one is the one that was added last
    return true;
}

bool ClaimTable::remove(MemberIndex member, const Name& name, TimePoint reserved_until, TimePoint now) {
    const Slot slot = parts_->find(member, name);
    if (slot == no_slot) {
        return false;
    }
    const Claim claim = parts_->take(slot);
    reserve(member, {claim.name, claim.owner.token, reserved_until}, now);
    return true;
}

bool ClaimTable::reserve(MemberIndex member, const Reservation& reservation, TimePoint now) {
    (void)parts_->member(member);  // checks it
    return parts_->names.find(reservation.name) == no_slot && parts_->reserved.add(member, reservation, now);
}

void ClaimTable::begin_sync(MemberIndex member) {
    Parts::Member& of = parts_->member(member);
    ++of.sync;
    of.is_syncing = true;
}

std::vector<Claim> ClaimTable::end_sync(MemberIndex member, TimePoint now) {
    Parts::Member& of = parts_->member(member);
    if (!of.is_syncing) {
        return {};
    }
    std::vector<Claim> ended = parts_->take_if(of, [&of](const Parts::Item& item) { return item.sync != of.sync; });
    of.is_syncing = false;
    for (const Claim& claim : ended) {
        reserve(member, {claim.name, claim.owner.token, now + reserved_for(claim.name.kind())}, now);
    }
    return ended;
}

std::vector<Claim> ClaimTable::forget(MemberIndex member) {
    Parts::Member& of = parts_->member(member);
    std::vector<Claim> ended = parts_->take_if(of, [](const Parts::Item&) { return true; });
    of.is_syncing = false;
    return ended;
}

std::vector<ClaimTable::Entry> ClaimTable::entries(const Name& name) const {
    std::vector<Entry> found;
    for (Slot slot = parts_->names.find(name); slot != no_slot; slot = parts_->names.find_after(slot)) {
        found.push_back(parts_->names[slot].entry());
    }
    std::sort(found.begin(), found.end(),
              [](const Entry& one, const Entry& other) { return one.member < other.member; });
    return found;
}

std::optional<ClaimTable::Entry> ClaimTable::entry(MemberIndex member, const Name& name) const {
    const Slot slot = parts_->find(member, name);
    return slot == no_slot ? std::nullopt : std::optional(parts_->names[slot].entry());
}

std::optional<wire::TokenId> ClaimTable::token_of_root(const Name& name, TimePoint now) const {
    const Slot slot = parts_->names.first_of_root(name);
    return slot == no_slot ? parts_->reserved.token_of_root(name, now) : std::optional(parts_->names[slot].owner.token);
}

std::optional<Reservation> ClaimTable::reservation(const Name& name, TimePoint now) const {
    return parts_->reserved.find(name, now);
}

void ClaimTable::for_each(MemberIndex member, const std::function<void(const Claim&)>& visit) const {
    for (Slot slot = parts_->member(member).first; slot != no_slot; slot = parts_->names[slot].next) {
        visit(parts_->names[slot].claim());
    }
}

void ClaimTable::for_each_of_root(const Name& name, const std::function<void(const Entry&)>& visit) const {
    parts_->names.for_each_of_root(name, [&visit](const Parts::Item& item) { visit(item.entry()); });
}

void ClaimTable::for_each_reservation(TimePoint now, const std::function<void(const Reservation&)>& visit) const {
    parts_->reserved.for_each(now, visit);
}

std::size_t ClaimTable::visit_entries(std::size_t position, std::size_t most,
                                      const std::function<bool(const Entry&)>& visit) const {
    return parts_->names.items().visit(position, most,
                                       [&visit](const Parts::Item& item) { return visit(item.entry()); });
}

std::size_t ClaimTable::visit_reservations(std::size_t position, std::size_t most, TimePoint now,
                                           const std::function<bool(const Reservation&)>& visit) const {
    return parts_->reserved.visit(position, most, now, visit);
}

void ClaimTable::expire(TimePoint now, std::size_t most) {
    parts_->reserved.expire(now, most);
}

std::size_t ClaimTable::size(MemberIndex member) const {
    return parts_->member(member).size;
}

std::size_t ClaimTable::reservations() const noexcept {
    return parts_->reserved.size();
}

std::size_t ClaimTable::memory() const noexcept {
    return sizeof(Parts) + parts_->members.size() * sizeof(Parts::Member) + parts_->names.memory() +
           parts_->reserved.memory();
}

Since ClaimTable::latest() const noexcept {
    return parts_->latest;
}

}  // namespace ferrotunnel::cluster
