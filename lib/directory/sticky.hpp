// Sticky visitors of a group: they reach the same member again, by their address or by a cookie.
//
// A cookie's value is a MAC over the group and the member's name, with a key of the server's own (StickyKey): it does
// not reveal the name, cannot be forged, and stays the same after a restart of the member or the server. Any other
// value belongs to no member and is ignored. Members of one name are distinguished by a rank, the lowest free one: so
// of two members without a name, one that is restarted gets its earlier identity.
//
// The servers of a cluster derive the key from the cluster's, so that a visitor keeps its member at each of them. While
// that one is replaced, cookies of both keys are accepted, and visitors get one of the first key.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "directory/membership.hpp"
#include "login/key.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::directory {

/// Properties of a visitor that identify its member.
struct StickyVisitor {
    std::uint64_t address = 0;  // address_hash()
    std::string_view tag{};     // of its cookie; empty: none
};

/// Hash of an IPv4 address, or of the /64 of an IPv6 address. Equal on every machine and after every restart.
std::uint64_t address_hash(const net::Address& address) noexcept;
/// Hash of an address as text; of the text itself if it is not a valid address.
std::uint64_t address_hash(std::string_view address) noexcept;

/// The counterpart of address_hash() for a member: determines its visitors while it is available.
std::uint64_t member_hash(std::string_view name, std::uint32_t rank) noexcept;

/// The server's key for the cookies of its groups. Immutable.
class StickyKey {
public:
    /// `accepted`: another key, whose cookies are accepted, too; null: none.
    explicit StickyKey(const login::Key& key, std::shared_ptr<const StickyKey> accepted = nullptr);

    /// The prefix of all cookie names of this server: these cookies never reach a backend.
    const std::string& cookie_prefix() const noexcept { return prefix_; }
    std::string cookie_name(const ClientId& group) const;
    /// The value of the group's cookie for a member.
    std::string tag(const ClientId& group, std::string_view name, std::uint32_t rank) const;
    /// Null if there is none.
    const StickyKey* accepted() const noexcept { return accepted_.get(); }

private:
    const login::Key key_;
    std::string prefix_;
    const std::shared_ptr<const StickyKey> accepted_;
};

/// Reads the key from its file in the state directory, or creates it; without a directory, or if that fails, it is a
/// temporary one, and `problem` has the reason.
StickyKey load_or_make_sticky_key(const std::filesystem::path& directory, Random& random, std::string& problem);

/// Removes the cookies whose names start with `prefix` from the value of a Cookie field. False if there are none.
bool strip_cookies(std::string_view field, std::string_view prefix, std::string& rest);
/// The value of the first cookie of that name in a Cookie field. Empty if there is none.
std::string_view cookie_in(std::string_view field, std::string_view name) noexcept;

}  // namespace ferrotunnel::directory
