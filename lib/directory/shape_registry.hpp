// Rate limits of tokens and of their services, shared by all trunks and workers that open streams for a service's
// visitors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

#include "base/clock.hpp"
#include "base/mutex.hpp"
#include "directory/registry.hpp"
#include "shaping/shapes.hpp"

namespace ferrotunnel::directory {

/// Thread-safe.
class ShapeRegistry {
public:
    /// The shape shared by the visitors of a client's service. It exists even without a rate limit, since a rate may be
    /// set during a visit.
    std::shared_ptr<shaping::ServiceShape> of(const ClientId& client, std::uint32_t service, const Registry& registry,
                                              TimePoint now);

    /// Applies the registry's present rules to all. Waiting visitors are not notified: runtime::Turns::reschedule.
    void apply_rules(const Registry& registry, TimePoint now);

    /// Number of services, including those that are no longer used.
    std::size_t size() const {
        const MutexLock lock(mutex_);
        return services_.size();
    }

private:
    void forget_unused() REQUIRES(mutex_);

    mutable Mutex mutex_;
    std::map<login::TokenId, std::weak_ptr<shaping::TokenShape>> tokens_ GUARDED_BY(mutex_);
    std::map<std::pair<ClientId, std::uint32_t>, std::weak_ptr<shaping::ServiceShape>> services_ GUARDED_BY(mutex_);
    std::size_t forget_at_ GUARDED_BY(mutex_) = 32;  // at this number, unused services are removed
};

}  // namespace ferrotunnel::directory
