// What every member of a cluster has, and which names are reserved. It routes visitors, and a home decides by it.
//
// Each entry is a name at a member, with owner and since. Entries of a member whose link is lost stay: they own, but do
// not route. Not thread-safe.
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
        Claim claim;
        /// It owns, but no visitor is sent there: granted by this home and not confirmed yet, or known by hearsay.
        bool routes = true;
    };
    enum class Added { added, changed, same, full };  // full: the member has claims_max, or claims_bytes_max

    ClaimTable(std::size_t members, std::uint64_t seed);
    ~ClaimTable();
    ClaimTable(const ClaimTable&) = delete;
    ClaimTable& operator=(const ClaimTable&) = delete;

    /// Adds or changes the member's entry, and ends a reservation of the name.
    Added add(MemberIndex member, const Claim& claim, bool routes = true);
    /// Removes the member's entry. With `reserved_until` later than `now` and no other entry, the name is reserved.
    /// False if there was none.
    bool remove(MemberIndex member, const Name& name, TimePoint reserved_until, TimePoint now);
    void reserve(const Reservation& reservation);

    /// Between these two, add() marks what was repeated, also by the same values; the rest of the member's entries ends
    /// at the second, and stays reserved for its token (limits::port_reserved_for, host_reserved_for).
    void begin_sync(MemberIndex member);
    /// What has ended.
    std::vector<Claim> end_sync(MemberIndex member, TimePoint now);
    /// Removes all entries of a member that has left the list.
    void forget(MemberIndex member);

    /// The entries of exactly this name.
    std::vector<Entry> entries(const Name& name) const;
    std::optional<Entry> entry(MemberIndex member, const Name& name) const;
    /// The token that has a name with this root, at any member, or for which one is reserved.
    std::optional<wire::TokenId> token_of_root(const Name& name, TimePoint now) const;
    std::optional<Reservation> reservation(const Name& name, TimePoint now) const;

    /// Calls `visit` for every entry of a member, or reservation, in no particular order.
    void for_each(MemberIndex member, const std::function<void(const Claim&)>& visit) const;
    void for_each_reservation(const std::function<void(const Reservation&)>& visit) const;
    /// Removes reservations that have ended; at most `most` are looked at in one call.
    void expire(TimePoint now, std::size_t most);

    std::size_t size(MemberIndex member) const noexcept;
    /// Bytes of memory, estimated from capacities.
    std::size_t memory() const noexcept;
    /// The greatest `since` it has seen.
    Since latest() const noexcept;

private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace ferrotunnel::cluster
