// Users of an exit: a TCP service whose backend is the client itself, as a proxy to allowed destinations.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "ferrotunnel/secret.hpp"

namespace ferrotunnel {

/// A user of an exit (Tcp::users), with a password that copies share.
struct ExitUser {
    ExitUser(std::string name_in, Secret password_in)
        : name(std::move(name_in)), password(std::make_shared<const Secret>(std::move(password_in))) {}

    std::string name;                        ///< 1 to 255 bytes without a colon
    std::shared_ptr<const Secret> password;  ///< 1 to 255 bytes

    /// For detecting changes; not constant-time.
    friend bool operator==(const ExitUser& left, const ExitUser& right) {
        return left.name == right.name && left.password->reveal() == right.password->reveal();
    }
};

}  // namespace ferrotunnel
