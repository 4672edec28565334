// Names that nobody has, each reserved for one token for some time.
//
// A name is reserved for one token at a time, and the first one keeps it. A reservation counts for the member that has
// reported it, and each member may have limits::reservations_max, of limits::claims_bytes_max, so a member in error
// costs the others nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "cluster/claim.hpp"
#include "cluster/limits.hpp"
#include "cluster/members.hpp"
#include "cluster/rooted_names.hpp"

namespace ferrotunnel::cluster {

/// How long a name that a restarted member had stays reserved for its token.
Duration reserved_for(Name::Kind kind) noexcept;

class Reservations {
public:
    explicit Reservations(std::uint64_t seed) noexcept : names_(seed) {}

    /// Reserves the name, until limits::reservation_max from now at the latest. A reservation for the same token is
    /// extended, never shortened. False if nothing was reserved: another token has a reservation, it would have ended,
    /// or the member has too many.
    bool add(MemberIndex from, const Reservation& reservation, TimePoint now);
    void erase(const Name& name) noexcept;

    std::optional<Reservation> find(const Name& name, TimePoint now) const;
    /// The token that has a name with this root reserved; of several, the one whose reservation ends last.
    std::optional<wire::TokenId> token_of_root(const Name& name, TimePoint now) const;
    /// As in ClaimTable.
    std::size_t visit(std::size_t position, std::size_t most, TimePoint now,
                      const std::function<bool(const Reservation&)>& visit) const;
    void for_each(TimePoint now, const std::function<void(const Reservation&)>& visit) const;

    /// Removes at most `most` reservations that have ended; add() removes two of them. Returns how many it removed.
    std::size_t expire(TimePoint now, std::size_t most) noexcept;

    /// With those that have ended and were not removed yet.
    std::size_t size() const noexcept { return names_.size(); }
    std::size_t memory() const noexcept { return names_.memory(); }

private:
    struct Count {
        std::size_t size = 0;
        std::size_t bytes = 0;
    };
    struct Item : Rooted {
        Item(const Reservation& reserved_in, MemberIndex from_in) : reserved(reserved_in), from(from_in) {}

        const Name& name() const noexcept { return reserved.name; }
        // Within a root the last one is first: if it has ended, all have.
        bool is_before(const Item& other) const noexcept {
            return reserved.until != other.reserved.until ? reserved.until > other.reserved.until
                                                          : reserved.name < other.reserved.name;
        }

        Reservation reserved;
        HeapLinks in_time;
        MemberIndex from;
    };
    struct ByEnd {
        static HeapLinks& links(Item& item) noexcept { return item.in_time; }
        static const HeapLinks& links(const Item& item) noexcept { return item.in_time; }
        static bool before(const Item& one, const Item& other) noexcept {
            return one.reserved.until < other.reserved.until;
        }
    };

    PairingHeap<Item, ByEnd> by_end() noexcept { return {names_.items(), next_to_end_}; }
    void extend(Slot slot, TimePoint until);
    void erase(Slot slot) noexcept;

    RootedNames<Item> names_;
    Slot next_to_end_ = no_slot;
    std::vector<Count> counts_;  // by member, up to the last one that has reported any
};

}  // namespace ferrotunnel::cluster
