#include "etcd/endpoints.hpp"

#include "base/check.hpp"
#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {

Endpoints::Endpoints(std::size_t count, Random& random)
    : random_(random), first_(random.below(count)), avoided_until_(count, TimePoint::min()) {
    check(count > 0 && count <= limits::endpoints_max, "etcd has 1 to 16 endpoints");
}

std::optional<std::size_t> Endpoints::choose(EndpointSet tried, TimePoint now) const noexcept {
    std::optional<std::size_t> soonest;
    for (std::size_t i = 0; i < size(); ++i) {
        const std::size_t endpoint = (first_ + i) % size();
        if (((tried >> endpoint) & 1) != 0) {
            continue;
        }
        if (avoided_until_[endpoint] <= now) {
            return endpoint;
        }
        if (!soonest || avoided_until_[endpoint] < avoided_until_[*soonest]) {
            soonest = endpoint;
        }
    }
    return soonest;
}

void Endpoints::succeeded(std::size_t endpoint) noexcept {
    first_ = endpoint;
    avoided_until_[endpoint] = TimePoint::min();
}

void Endpoints::failed(std::size_t endpoint, TimePoint now) {
    const auto extra = static_cast<Duration::rep>(random_.below(Duration(limits::avoided_for).count()));
    avoided_until_[endpoint] = now + limits::avoided_for + Duration(extra);
}

}  // namespace ferrotunnel::etcd
