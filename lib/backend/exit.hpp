// The exit of a service whose backend is the client itself: its allowed destinations and users.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/permits.hpp"
#include "exits/destinations.hpp"
#include "exits/limits.hpp"
#include "exits/users.hpp"

namespace ferrotunnel::backend {

/// The exit of one service. Thread-safe.
class Exit {
public:
    Exit(exits::Destinations destinations, std::vector<exits::User> users)
        : destinations_(std::move(destinations)), users_(std::move(users)) {}

    const exits::Destinations& destinations() const noexcept { return destinations_; }
    /// Empty if no login is required.
    const std::vector<exits::User>& users() const noexcept { return users_; }

    /// A place among limits::exit_handshakes_max, returned with its last copy. Null if there is none.
    PermitPtr acquire_permit() const { return handshakes_.acquire(); }

private:
    const exits::Destinations destinations_;
    const std::vector<exits::User> users_;
    const Permits handshakes_{limits::exit_handshakes_max};
};

}  // namespace ferrotunnel::backend
