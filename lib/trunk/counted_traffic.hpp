// Traffic of a visitor that is counted in a second place.
#pragma once

#include <cstdint>
#include <utility>

#include "trunk/traffic.hpp"

namespace ferrotunnel::trunk {

/// Counts in another counter, and keeps an object alive that counts the visitor as long as it exists.
template <typename Counted>
class CountedTraffic final : public TrafficCounter {
public:
    CountedTraffic(IntrusivePtr<TrafficCounter> traffic, Counted counted)
        : traffic_(std::move(traffic)), counted_(std::move(counted)) {}

    void moved(Counter Traffic::*direction, std::uint64_t bytes) noexcept override {
        traffic_->moved(direction, bytes);
    }
    Traffic& totals() noexcept override { return traffic_->totals(); }

private:
    const IntrusivePtr<TrafficCounter> traffic_;
    const Counted counted_;
};

/// Returns `traffic`, and keeps what `counted` points to, unless it is null, alive as long as the result.
template <typename Counted>
IntrusivePtr<TrafficCounter> counted_with(IntrusivePtr<TrafficCounter> traffic, Counted counted) {
    if (!counted) {
        return traffic;
    }
    return make_intrusive<CountedTraffic<Counted>>(std::move(traffic), std::move(counted));
}

}  // namespace ferrotunnel::trunk
