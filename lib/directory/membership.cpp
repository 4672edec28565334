#include "directory/membership.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "login/key.hpp"

namespace ferrotunnel::directory {

// Drawn from a hash as long as what clients draw: none of them has the same.
ClientId group_id(const login::TokenId& token, wire::ServiceKind kind, std::string_view name) {
    static constexpr std::string_view label = "ferrotunnel group";
    const auto bytes = [](std::string_view text) {
        return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    };
    const std::array<std::uint8_t, 2> of_kind{0, static_cast<std::uint8_t>(kind)};
    const login::Digest hash = login::sha256({bytes(label), of_kind, bytes(name)});
    ClientId id{token, {}};
    std::copy_n(hash.begin(), id.second.size(), id.second.begin());
    return id;
}

Refusal may_not_join() {
    return {wire::Code::limit,
            "The group has " + std::to_string(limits::group_members_max) +
                " members, which is the most, or its members say another `balance`, `sticky` or `eject` than this "
                "client."};
}

}  // namespace ferrotunnel::directory
