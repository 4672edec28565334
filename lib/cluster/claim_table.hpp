// What every member of a cluster has, and which names are reserved. It routes visitors, and a home decides by it.
//
// Each entry is a name at a member. Entries of a member whose link is lost stay: they own, but do not route. A name
// that somebody has is never reserved. Not thread-safe.
//
// The time of a call does not depend on how many names there are, except for the logarithm of those with the same root.
// An entry of a typical host takes less than 140 bytes. A member in error cannot add more than limits::claims_max
// entries and limits::reservations_max reservations, of limits::claims_bytes_max each.
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
        Claim claim;
        MemberIndex member = 0;
        /// It owns, but no visitor is sent there: granted by this home and not confirmed yet, or known by hearsay.
        bool routes = true;

        friend bool operator==(const Entry&, const Entry&) = default;
    };
    enum class Added { added, changed, same, full };  // full: the member has claims_max, or claims_bytes_max

    /// `seed`: random, and not known to other members either: a member that knows it can choose names that collide.
    ClaimTable(std::size_t members, std::uint64_t seed);
    ~ClaimTable();
    ClaimTable(const ClaimTable&) = delete;
    ClaimTable& operator=(const ClaimTable&) = delete;

    /// Adds or changes the member's entry, and ends a reservation of the name.
    Added add(MemberIndex member, const Claim& claim, bool routes = true);
    /// Adds what another member has told of this one, unless it has an entry. It does not route, and is not repeated by
    /// that: a sync in which the member itself does not repeat it ends it. False if nothing was added.
    bool add_hearsay(MemberIndex member, const Claim& claim);
    /// Removes the member's entry. With `reserved_until` later than `now` and no other entry, the name is reserved for
    /// the entry's token. False if there was no entry.
    bool remove(MemberIndex member, const Name& name, TimePoint reserved_until, TimePoint now);
    /// A reservation that the member has reported, until limits::reservation_max from now at the latest. One for the
    /// same token is extended, never shortened. False if nothing was reserved: somebody has the name, it is reserved
    /// for another token, the reservation has ended, or the member has too many of them.
    bool reserve(MemberIndex member, const Reservation& reservation, TimePoint now);

    /// Between these two, add() marks what was repeated, also by the same values; the rest of the member's entries ends
    /// at the second, and stays reserved for its token (limits::port_reserved_for, host_reserved_for; a private
    /// service's name has the token in it). A second begin_sync() starts again; end_sync() without it changes nothing.
    void begin_sync(MemberIndex member);
    /// What has ended.
    std::vector<Claim> end_sync(MemberIndex member, TimePoint now);
    /// Removes all entries of a member that has left the list, and returns them. Its reservations stay.
    std::vector<Claim> forget(MemberIndex member);

    /// The entries of exactly this name, by member.
    std::vector<Entry> entries(const Name& name) const;
    std::optional<Entry> entry(MemberIndex member, const Name& name) const;
    /// The token that has a name with this root, at any member, or for which one is reserved. Of several, which exist
    /// after a partition only: that of the first entry by (provisional, since, member), else that of the reservation
    /// that ends last.
    std::optional<wire::TokenId> token_of_root(const Name& name, TimePoint now) const;
    std::optional<Reservation> reservation(const Name& name, TimePoint now) const;

    /// Calls `visit` for all of them, in no particular order. It must not change the table.
    void for_each(MemberIndex member, const std::function<void(const Claim&)>& visit) const;
    void for_each_of_root(const Name& name, const std::function<void(const Entry&)>& visit) const;
    void for_each_reservation(TimePoint now, const std::function<void(const Reservation&)>& visit) const;
    /// The same in steps, between which the table may change: looks at no more than `most` places from `position`,
    /// which is 0 at first, and stops before the first one for which `visit` returns false. Returns the position to
    /// continue at, 0 at the end. What is there all the time is visited once; what is added meanwhile may be left out.
    std::size_t visit_entries(std::size_t position, std::size_t most,
                              const std::function<bool(const Entry&)>& visit) const;
    std::size_t visit_reservations(std::size_t position, std::size_t most, TimePoint now,
                                   const std::function<bool(const Reservation&)>& visit) const;

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
