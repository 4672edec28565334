// The members of a cluster that this one knows, and which of them is the home of a name.
//
//   list (of the settings, for ever) | added with a store, and removed: their places are used again
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/decides.hpp"
#include "cluster/name.hpp"

namespace ferrotunnel::cluster {

/// The place of a member; only meaningful within this process, and while the member is known.
using MemberIndex = std::uint8_t;

/// Whether a member can have this name: 1 to 63 lower-case letters, digits, '-' and '_', with no '-' at either end.
bool is_member_name(std::string_view name) noexcept;

/// Not thread-safe where members are added.
class Members {
public:
    /// `names`: of all members, valid and without duplicates, 1 to limits::members_max; `own` is one of them.
    /// `decides`: of this member.
    Members(std::vector<std::string> names, std::string_view own, Decides decides = Decides::homes);

    /// All indices are below it; places that are free included.
    std::size_t size() const noexcept { return places_.size(); }
    /// How many members there can be: limits::member_slots if it is open, otherwise those of the list.
    std::size_t capacity() const noexcept;
    MemberIndex own() const noexcept { return own_; }
    Decides decides() const noexcept { return decides_; }
    /// A store decides between members, and each of them asks it itself.
    bool has_store() const noexcept { return by_store(decides_); }
    /// This member asks homes, and is one.
    bool has_homes() const noexcept { return by_homes(decides_); }
    /// Whether members that are not in the list can be added: where no homes are computed over it.
    bool is_open() const noexcept { return !has_homes(); }
    /// Those of the list are in the order of their names, so that two members with the same list agree on their
    /// indices. Empty for a free place.
    const std::string& name(MemberIndex index) const noexcept { return places_[index]; }
    /// The list, sorted.
    const std::vector<std::string>& names() const noexcept { return names_; }
    /// Whether a member has this place.
    bool is_known(MemberIndex index) const noexcept { return index < places_.size() && !places_[index].empty(); }
    /// Empty if it is not known.
    std::optional<MemberIndex> find(std::string_view name) const noexcept;
    /// The member that decides about the name's root: of the highest hash of member and root (rendezvous hashing), so a
    /// change of the list moves only names of the members that come or go. Without homes: this member.
    MemberIndex home_of(const Name& name) const noexcept;

    /// Makes the member known, if it is not. Empty: there is no place, it is not open, or the name is not valid.
    std::optional<MemberIndex> add(std::string_view name);
    /// Frees the place of a member that was added. False: it is of the list.
    bool remove(MemberIndex index);

private:
    std::vector<std::string> names_;   // sorted
    std::vector<std::string> places_;  // those, then the added ones
    std::vector<std::uint64_t> hashes_;
    MemberIndex own_ = 0;
    Decides decides_ = Decides::homes;
};

}  // namespace ferrotunnel::cluster
