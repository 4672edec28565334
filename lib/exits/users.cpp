#include "exits/users.hpp"

#include <cstddef>

#include "exits/limits.hpp"

namespace ferrotunnel::exits {
namespace {

// Zero if both are equal. Compares the maximum number of bytes, whatever the texts are.
unsigned difference(std::string_view left, std::string_view right) noexcept {
    volatile unsigned found = left.size() == right.size() ? 0U : 1U;
    for (std::size_t i = 0; i < limits::exit_login_max; ++i) {
        const auto a = i < left.size() ? static_cast<unsigned char>(left[i]) : 0U;
        const auto b = i < right.size() ? static_cast<unsigned char>(right[i]) : 0U;
        found = found | (a ^ b);
    }
    return found;
}

}  // namespace

bool is_login(const std::vector<User>& users, std::string_view name, std::string_view password) noexcept {
    if (name.size() > limits::exit_login_max || password.size() > limits::exit_login_max) {
        return false;
    }
    unsigned matches = 0;
    for (const User& user : users) {
        matches += (difference(user.name, name) | difference(user.password, password)) == 0 ? 1U : 0U;
    }
    return matches != 0;
}

}  // namespace ferrotunnel::exits
