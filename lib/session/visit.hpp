// Traffic counting of a visitor, including its visit if plugins decided on it.
#pragma once

#include <memory>
#include <utility>

#include "base/intrusive_ptr.hpp"
#include "directory/distant_visitor.hpp"
#include "directory/watched_visitor.hpp"
#include "session/counted_traffic.hpp"
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

/// The counters of a visitor's pump: `traffic`, and the visit's if there is a visit, which then lives as long as the
/// result.
inline std::shared_ptr<trunk::Traffic> traffic_of_visit(const std::shared_ptr<directory::WatchedVisitor>& visit,
                                                        std::shared_ptr<trunk::Traffic> traffic) {
    if (!visit) {
        return traffic;
    }
    std::shared_ptr<trunk::Traffic> moved = std::make_shared<trunk::Traffic>();
    moved->total = std::move(traffic);
    visit->moved = moved;
    return counted_with(std::move(moved), visit);
}

/// Like traffic_of_visit(), for a visitor of any kind, with everything that counts it.
template <typename AnyVisitor>
std::shared_ptr<trunk::Traffic> traffic_of_visitor(const AnyVisitor& visitor, std::shared_ptr<trunk::Traffic> traffic) {
    return counted_with(counted_with(traffic_of_visit(visitor.visit, std::move(traffic)), visitor.of_token),
                        visitor.of_member);
}

}  // namespace ferrotunnel::session
