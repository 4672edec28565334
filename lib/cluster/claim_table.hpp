// What every member of a cluster has, and which names are reserved. It routes visitors, and a home decides by it.
//
// Each entry is a name at a member, with owner and since. Entries of a member whose link is lost stay: they own, but do
// not route. A name that somebody has is never reserved. Not thread-safe.
//
// The time of a call does not depend on how many names there are, except for the logarithm of those with the same root.
// An entry of a typical host takes less than 200 bytes, and members in error cannot add more than claims_max entries
// and reservations_max reservations each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "cluster/claim.hpp"
#include "cluster/members.hpp"

namespace ferrotunnel::cluster {

class ClaimTable {
public:
    /// One member's part in a name.
    struct Entry {
        MemberIndex member = 0;
        Owner owner;
        Since since = 0;

        friend auto operator<=>(const Entry&, const Entry&) = default;
    };
    enum class Added {
        added,
        changed,  // the member's entry had another owner or since
        known,    // the same entry was there
        full,     // not added: the member has limits::claims_max
    };

    /// `seed`: secret and random, not known to other members either; whoever knows it can choose names that collide.
    ClaimTable(std::size_t members, std::uint64_t seed);
    ~ClaimTable();
    ClaimTable(const ClaimTable&) = delete;
    ClaimTable& operator=(const ClaimTable&) = delete;

    /// Adds or changes the member's entry, and ends a reservation of the name.
    Added add(MemberIndex member, const Claim& claim);
    /// Removes the member's entry. With `reserved_until` later than `now` and no other entry, the name is reserved for
    /// the entry's token. False if there was no entry.
    bool remove(MemberIndex member, const Name& name, TimePoint reserved_until, TimePoint now);
    /// A reservation that the member has reported, until limits::reservation_max from now at the latest. One for the
    /// same token is extended, never shortened. False if nothing was reserved: somebody has the name, it is reserved
    /// for another token, the reservation has ended, or the member has limits::reservations_max.
    bool reserve(MemberIndex member, const Reservation& reservation, TimePoint now);

    /// Between these two, add() marks what was repeated; the rest of the member's entries ends at the second. A second
    /// begin_sync() starts again; end_sync() without begin_sync() changes nothing.
    void begin_sync(MemberIndex member);
    /// The names whose entries have ended.
    std::vector<Name> end_sync(MemberIndex member);
    /// Removes all entries of a member that has left the list, and returns their names. Its reservations stay.
    std::vector<Name> forget(MemberIndex member);

    /// The entries of exactly this name, by member.
    std::vector<Entry> entries(const Name& name) const;
    std::optional<Entry> entry(MemberIndex member, const Name& name) const;
    /// Of all entries of names with this root the oldest: the smallest since, then the smallest member.
    std::optional<Entry> oldest_of_root(const Name& name) const;
    /// The token that has a name with this root, at any member, or for which one is reserved. If there are several, as
    /// when parts of a cluster come together: the oldest entry's, else that of the reservation that ends last.
    std::optional<wire::TokenId> token_of_root(const Name& name, TimePoint now) const;
    std::optional<Reservation> reservation(const Name& name, TimePoint now) const;

    /// Calls `visit` for every entry of a member, or reservation that has not ended, in no particular order. It must
    /// not change the table.
    void for_each(MemberIndex member, const std::function<void(const Claim&)>& visit) const;
    void for_each_reservation(TimePoint now, const std::function<void(const Reservation&)>& visit) const;
    /// Removes at most `most` reservations that have ended. They count for limits::reservations_max until then, but
    /// each new one removes two.
    void expire(TimePoint now, std::size_t most);

    std::size_t size(MemberIndex member) const;
    /// Reservations, with those that have ended and were not removed yet.
    std::size_t reservations() const noexcept;
    /// Bytes of memory, without the allocator's overhead.
    std::size_t memory() const noexcept;
    /// The greatest `since` it has seen.
    Since latest() const noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::cluster
