// The rates of tokens and of their services: whoever opens streams for a service's visitors asks here for what they
// share, so that all trunks and workers have the same.
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

/// Any thread.
class ShapeBook {
public:
    /// What the visitors of a client's service share. It is there also where nothing has a rate: that may change while
    /// they are there.
    std::shared_ptr<shaping::ServiceShape> of(const ClientId& client, std::uint32_t service, const Registry& registry,
                                              TimePoint now);

    /// Holds everybody to the rates that the registry's rules have now. Those who wait already are told nothing:
    /// runtime::Turns::ask_again.
    void take_rules(const Registry& registry, TimePoint now);

    /// How many services it knows, those that nobody has any more included.
    std::size_t size() const {
        const MutexLock lock(mutex_);
        return services_.size();
    }

private:
    void forget_unused() REQUIRES(mutex_);

    mutable Mutex mutex_;
    std::map<login::TokenId, std::weak_ptr<shaping::TokenShape>> tokens_ GUARDED_BY(mutex_);
    std::map<std::pair<ClientId, std::uint32_t>, std::weak_ptr<shaping::ServiceShape>> services_ GUARDED_BY(mutex_);
    std::size_t forget_at_ GUARDED_BY(mutex_) =
        32;  // when there are so many it is looked which of them nobody uses any more
};

}  // namespace ferrotunnel::directory
