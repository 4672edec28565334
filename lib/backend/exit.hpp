// What is behind a service whose backend is the client itself: where its visitors may go, and who they may be.
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

/// The exit of one service. Any thread.
class Exit {
public:
    Exit(exits::Destinations destinations, std::vector<exits::User> users)
        : destinations_(std::move(destinations)), users_(std::move(users)) {}

    const exits::Destinations& destinations() const noexcept { return destinations_; }
    /// None: nobody has to log in.
    const std::vector<exits::User>& users() const noexcept { return users_; }

    /// A place among limits::exit_handshakes_max, given back when the last copy goes. Null: there is none.
    PermitPtr take_place() const { return handshakes_.acquire(); }

private:
    const exits::Destinations destinations_;
    const std::vector<exits::User> users_;
    const Permits handshakes_{limits::exit_handshakes_max};
};

}  // namespace ferrotunnel::backend
