// How visitors of a group come to the member again that they had: by where they come from, or by a cookie.
//
// A cookie's value is a MAC over the group and the member's name, with a key of the server's own (StickyKey): it tells
// nobody the name, nobody else can make one, and it is the same after the member, or the server, was started again.
// Whatever else comes is not a member's, and is ignored. Members of one name are told apart by a rank, the lowest that
// is free: so of two that have no name, one that is started again is who it was.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "directory/membership.hpp"
#include "login/key.hpp"
#include "net/ip_address.hpp"

namespace ferrotunnel::directory {

/// What of a visitor says which member it had.
struct StickyVisitor {
    std::uint64_t address = 0;  // address_hash()
    std::string_view tag{};     // of its cookie; empty: it has none
};

/// The same for all visitors of one IPv4 address, or one /64 of IPv6, on every machine and at all times.
std::uint64_t address_hash(const net::Address& address) noexcept;
/// The same from text; of what is not a valid address, of the text.
std::uint64_t address_hash(std::string_view address) noexcept;

/// What a member is to address_hash(): which visitors it has, as long as it is there.
std::uint64_t member_hash(std::string_view name, std::uint32_t rank) noexcept;

/// The server's key for the cookies of its groups. Immutable.
class StickyKey {
public:
    explicit StickyKey(const login::Key& key);

    /// What the names of all cookies of this server begin with: those never reach a backend.
    const std::string& cookie_prefix() const noexcept { return prefix_; }
    std::string cookie_name(const ClientId& group) const;
    /// What the group's cookie says for a member.
    std::string tag(const ClientId& group, std::string_view name, std::uint32_t rank) const;

private:
    const login::Key key_;
    std::string prefix_;
};

/// Reads the key from its file in the state directory, or makes it; without a directory, or where that fails, it is a
/// new one, and `problem` says why.
StickyKey load_or_make_sticky_key(const std::filesystem::path& directory, Random& random, std::string& problem);

/// Takes the cookies whose names begin with `prefix` out of the value of a Cookie field. False: there are none.
bool strip_cookies(std::string_view field, std::string_view prefix, std::string& rest);
/// The value of the first cookie of that name in a Cookie field; empty: there is none.
std::string_view cookie_in(std::string_view field, std::string_view name) noexcept;

}  // namespace ferrotunnel::directory
