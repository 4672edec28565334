#include "backend/health.hpp"

#include <utility>

namespace ferrotunnel::backend {

bool Health::turn(State to) noexcept {
    in_a_row_ = 0;
    state_ = to;
    return true;
}

bool Health::passed() noexcept {
    if (state_ == State::healthy) {
        in_a_row_ = 0;
        return false;
    }
    return (state_ == State::unknown || ++in_a_row_ >= rise_) && turn(State::healthy);
}

bool Health::failed(std::string why) {
    why_ = std::move(why);
    if (state_ == State::unhealthy) {
        in_a_row_ = 0;
        return false;
    }
    return (state_ == State::unknown || ++in_a_row_ >= fall_) && turn(State::unhealthy);
}

Duration health_wait(const HealthTerms& terms, Random& random) {
    constexpr Duration::rep part = 5;
    const auto spread = static_cast<std::uint64_t>((terms.interval / part).count());
    return terms.interval - Duration(static_cast<Duration::rep>(random.below(spread + 1)));
}

}  // namespace ferrotunnel::backend
