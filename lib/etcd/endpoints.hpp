// Which of etcd's endpoints is asked next. Sans-IO, one thread at a time.
//
// The one that has answered last goes first. One that has failed is avoided for 5 to 10 s, and used before that only if
// all others have been tried.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"

namespace ferrotunnel::etcd {

/// A set of endpoints: a bit for each.
using EndpointSet = std::uint32_t;

class Endpoints {
public:
    /// `count`: 1 to limits::endpoints_max. Begins with a random one, so that not all servers use the same.
    Endpoints(std::size_t count, Random& random);

    /// Of those that are not in `tried`; empty if all are.
    std::optional<std::size_t> choose(EndpointSet tried, TimePoint now) const noexcept;
    void succeeded(std::size_t endpoint) noexcept;
    void failed(std::size_t endpoint, TimePoint now);
    std::size_t size() const noexcept { return avoided_until_.size(); }

private:
    Random& random_;
    std::size_t first_;
    std::vector<TimePoint> avoided_until_;
};

}  // namespace ferrotunnel::etcd
