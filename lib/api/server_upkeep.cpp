#include "api/server_upkeep.hpp"

#include <algorithm>
#include <chrono>

namespace ferrotunnel::detail {
namespace {

// How long unused passed sockets are kept: within this time their clients reconnect, or they have other ports.
constexpr std::chrono::seconds passed_sockets_kept_for{10};

}  // namespace

void ServerUpkeep::start(Duration hold) {
    needs_.workers.at(0).post([this, hold]() noexcept {
        runtime::Worker& worker = needs_.workers.at(0);
        unused_timer_ =
            std::make_unique<runtime::Timer>(worker, [ports = needs_.shared->ports] { ports->passed()->clear(); });
        unused_timer_->set_after(std::max<Duration>(hold, passed_sockets_kept_for));
        memory_ = std::make_unique<trunk::MemoryWatch>(worker, needs_.shared->memory, needs_.log);
        expiry_ = std::make_unique<session::ExpiryWatch>(worker, needs_.shared->registry, [this] {
            needs_.sessions.for_each([](session::ServerSession& session) { session.end_if_expired(); });
        });
    });
}

void ServerUpkeep::check_expiry() {
    needs_.workers.at(0).post([this]() noexcept {
        if (expiry_) {
            expiry_->check_now();
        }
    });
}

void ServerUpkeep::check_expiry_at(login::Rights::Moment expires) {
    needs_.workers.at(0).post([this, expires]() noexcept {
        if (expiry_) {
            expiry_->check_by(expires);
        }
    });
}

void ServerUpkeep::shut_down() {
    memory_.reset();
    expiry_.reset();
    unused_timer_.reset();
}

}  // namespace ferrotunnel::detail
