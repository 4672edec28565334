// Traffic of a visitor that is counted in a second place.
#pragma once

#include <memory>
#include <utility>

#include "trunk/traffic.hpp"

namespace ferrotunnel::session {

/// Returns `traffic`, and keeps `counted`, which may be null, alive as long as the result.
template <typename Count>
std::shared_ptr<trunk::Traffic> counted_with(std::shared_ptr<trunk::Traffic> traffic, std::shared_ptr<Count> counted) {
    if (!counted) {
        return traffic;
    }
    trunk::Traffic* const itself = traffic.get();
    using Both = std::pair<std::shared_ptr<trunk::Traffic>, std::shared_ptr<Count>>;
    auto both = std::make_shared<Both>(std::move(traffic), std::move(counted));
    return {std::move(both), itself};
}

}  // namespace ferrotunnel::session
