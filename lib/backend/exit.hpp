// What is behind a service whose backend is the client itself: where its visitors may go, and who they may be.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

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
    std::shared_ptr<void> take_place() {
        if (handshakes_->fetch_add(1, std::memory_order_relaxed) >= limits::exit_handshakes_max) {
            handshakes_->fetch_sub(1, std::memory_order_relaxed);
            return nullptr;
        }
        return {this, [held = handshakes_](void*) { held->fetch_sub(1, std::memory_order_relaxed); }};
    }

private:
    const exits::Destinations destinations_;
    const std::vector<exits::User> users_;
    const std::shared_ptr<std::atomic<std::size_t>> handshakes_ = std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace ferrotunnel::backend
