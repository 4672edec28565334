// Traffic counting of a visitor, including its visit if plugins decided on it.
#pragma once

#include <memory>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "directory/distant_visitor.hpp"
#include "directory/watched_visitor.hpp"
#include "trunk/counted_traffic.hpp"
#include "trunk/traffic.hpp"

namespace ferrotunnel::session {

/// The visitor has a stream.
inline void set_served(const std::shared_ptr<directory::WatchedVisitor>& visit) noexcept {
    if (visit) {
        visit->served = true;
    }
}

/// The trunks of the visitor's service have no room for it, or a limit is reached.
template <typename AnyVisitor>
void crowd_out(AnyVisitor& visitor) noexcept {
    if (const IntrusivePtr<directory::DistantVisitor> distant = std::exchange(visitor.distant, nullptr)) {
        distant->crowded_out();
    }
}

/// Returns the visit's own counters, if there is a visit, which count in `traffic`, too.
inline IntrusivePtr<trunk::Traffic> traffic_of_visit(const std::shared_ptr<directory::WatchedVisitor>& visit,
                                                     IntrusivePtr<trunk::Traffic> traffic) {
    if (!visit) {
        return traffic;
    }
    visit->moved = make_intrusive<trunk::Traffic>();
    visit->moved->total = std::move(traffic);
    return visit->moved;
}

/// Returns `traffic`, and keeps alive, as long as the result, what counts a visitor of any kind.
template <typename AnyVisitor>
IntrusivePtr<trunk::TrafficCounter> kept_with_visitor(const AnyVisitor& visitor,
                                                      IntrusivePtr<trunk::TrafficCounter> traffic) {
    traffic = trunk::counted_with(std::move(traffic), visitor.visit);
    traffic = trunk::counted_with(std::move(traffic), visitor.of_token);
    return trunk::counted_with(std::move(traffic), visitor.of_member);
}

}  // namespace ferrotunnel::session
