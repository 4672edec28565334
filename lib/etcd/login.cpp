#include "etcd/login.hpp"

#include <algorithm>
#include <utility>

#include "base/wipe.hpp"
#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {

std::optional<Fault> Login::refusal(TimePoint now) const {
    return now < paused_until_ ? std::optional(refused_) : std::nullopt;
}

void Login::succeeded(std::string token) {
    wipe(token_);
    token_ = std::move(token);
    ++number_;
    is_asking_ = false;
    pause_ = {};
    paused_until_ = TimePoint::min();
}

void Login::failed(const Fault& fault, TimePoint now) {
    is_asking_ = false;
    if (is_of_endpoint(fault)) {
        return;
    }
    refused_ = fault;
    pause_ = std::clamp<Duration>(2 * pause_, limits::login_pause_min, limits::login_pause_max);
    paused_until_ = now + pause_;
}

void Login::rejected(std::uint64_t number) noexcept {
    if (number == number_) {
        wipe(token_);
    }
}

}  // namespace ferrotunnel::etcd
