#include "session/offered_health.hpp"

#include <utility>

namespace ferrotunnel::session {

void OfferedHealth::watch(OfferedService& offered) {
    offered.watch.reset();
    if (offered.service->health && (needs_.at.phase == LinkPhase::idle || is_running(needs_.at.phase))) {
        runtime::Worker& worker = needs_.at.worker;
        offered.watch = std::make_unique<backend::HealthChecker>(
            worker, offered.service, *needs_.at.shared->random,
            [this, &worker, id = offered.service->id] { worker.post([this, id] { on_change(id); }); });
    }
}

// The watch may have been made again since, and the service may have been removed.
void OfferedHealth::on_change(std::uint32_t id) {
    OfferedService* const offered = needs_.services.find(id);
    if (offered == nullptr || !offered->watch || offered->watch->health().state() == backend::Health::State::unknown) {
        return;
    }
    offered->healthy = offered->watch->is_healthy();
    offered->why_unhealthy = offered->healthy ? std::string() : offered->watch->health().why();
    for (std::size_t place = 0; place < needs_.at.trunks.size(); ++place) {
        send(place, *offered);
    }
    if (!std::exchange(offered->is_checked, true)) {
        needs_.first_checked(*offered);
    }
    needs_.at.notify({.kind = offered->healthy ? LinkNotice::Kind::healthy : LinkNotice::Kind::unhealthy,
                      .service = id,
                      .text = offered->why_unhealthy});
    needs_.changed();
}

void OfferedHealth::send(std::size_t place, const OfferedService& offered) {
    const TrunkState& trunk = needs_.at.trunks.at(place);
    if (offered.reports_health(trunk) && (offered.on[place] == TrunkRegistration::registered || trunk.retiring > 0)) {
        needs_.send_to_all(
            place, wire::encode_control(wire::Health{offered.service->id, offered.healthy, offered.why_unhealthy}));
    }
}

void OfferedHealth::stop() noexcept {
    for (auto& [id, offered] : needs_.services.all()) {
        offered.watch.reset();
    }
}

}  // namespace ferrotunnel::session
