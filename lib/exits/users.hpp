// The users of an exit, and the check of a login.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::exits {

struct User {
    std::string name;
    std::string password;

    friend bool operator==(const User&, const User&) = default;
};

/// Whether name and password are those of one of the users. The time does not depend on how much of either is right,
/// nor on which user it is: all users are compared, and every byte of each.
bool is_login(const std::vector<User>& users, std::string_view name, std::string_view password) noexcept;

}  // namespace ferrotunnel::exits
