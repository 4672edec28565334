#include "session/expiry_watch.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace ferrotunnel::session {
namespace {

Duration wait_until(login::Rights::Moment when, login::Rights::Moment now) {
    constexpr Duration longest = std::chrono::minutes(1);
    constexpr Duration shortest = std::chrono::milliseconds(1);  // the two clocks never agree exactly
    return when - now < longest ? std::max<Duration>(when - now, shortest) : longest;
}

}  // namespace

ExpiryWatch::ExpiryWatch(runtime::Worker& worker, std::shared_ptr<const directory::Registry> registry,
                         std::function<void()> expired)
    : registry_(std::move(registry)),
      expired_(std::move(expired)),
      checked_(std::chrono::system_clock::now()),
      timer_(worker, [this] { check_now(); }) {
    check_now();
}

void ExpiryWatch::check_now() {
    const Moment now = std::chrono::system_clock::now();
    bool any_expired = false;
    std::optional<Moment> next;
    registry_->rules()->for_each_expiry([&](const login::TokenId&, Moment expires) {
        if (expires > now) {
            next = std::min(next.value_or(expires), expires);
        } else {
            any_expired = any_expired || expires > checked_;
        }
    });
    checked_ = now;
    if (next) {
        timer_.set_after(wait_until(*next, now));
    }
    if (any_expired) {
        expired_();
    }
}

void ExpiryWatch::check_by(Moment when) {
    const Duration wait = wait_until(when, std::chrono::system_clock::now());
    if (!timer_.is_set() || timer_.now() + wait < timer_.deadline()) {
        timer_.set_after(wait);
    }
}

}  // namespace ferrotunnel::session
