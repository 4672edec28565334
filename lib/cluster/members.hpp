// The list of a cluster's members, and which of them is the home of a name. Immutable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/name.hpp"

namespace ferrotunnel::cluster {

/// The place of a member in its list; only meaningful within this process and this list.
using MemberIndex = std::uint8_t;

/// Whether a member can have this name: 1 to 63 lower-case letters, digits, '-' and '_', with no '-' at either end.
bool is_member_name(std::string_view name) noexcept;

class Members {
public:
    /// `names`: of all members, valid and without duplicates, 1 to limits::members_max; `own` is one of them.
    /// `has_store`: a store decides between members, and each of them asks it itself, so that it is home of all names.
    Members(std::vector<std::string> names, std::string_view own, bool has_store = false);

    std::size_t size() const noexcept { return names_.size(); }
    MemberIndex own() const noexcept { return own_; }
    bool has_store() const noexcept { return has_store_; }
    /// In the order of the names, so that two members with the same list agree on indices.
    const std::string& name(MemberIndex index) const noexcept { return names_[index]; }
    const std::vector<std::string>& names() const noexcept { return names_; }
    /// Empty if it is not in the list.
    std::optional<MemberIndex> find(std::string_view name) const noexcept;
    /// The member that decides about the name's root: of the highest hash of member and root (rendezvous hashing), so a
    /// change of the list moves only names of the members that come or go. With a store: this member.
    MemberIndex home_of(const Name& name) const noexcept;

private:
    std::vector<std::string> names_;  // sorted
    std::vector<std::uint64_t> hashes_;
    MemberIndex own_ = 0;
    bool has_store_ = false;
};

}  // namespace ferrotunnel::cluster
