#include "backend/health.hpp"

#include <utility>

namespace ferrotunnel::backend {

bool Health::set_state(State to) noexcept {
    consecutive_ = 0;
    state_ = to;
    return true;
}

bool Health::passed() noexcept {
    if (state_ == State::healthy) {
        consecutive_ = 0;
        return false;
    }
    return (state_ == State::unknown || ++consecutive_ >= rise_) && set_state(State::healthy);
}

bool Health::failed(std::string why) {
    why_ = std::move(why);
    if (state_ == State::unhealthy) {
        consecutive_ = 0;
        return false;
    }
    return (state_ == State::unknown || ++consecutive_ >= fall_) && set_state(State::unhealthy);
}

Duration health_wait(const HealthCheckSettings& terms, Random& random) {
    constexpr Duration::rep part = 5;
    const Duration interval = terms.interval;
    const auto spread = static_cast<std::uint64_t>((interval / part).count());
    return interval - Duration(static_cast<Duration::rep>(random.below(spread + 1)));
}

}  // namespace ferrotunnel::backend
