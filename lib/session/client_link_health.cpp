// Whether the backends of a client's services are healthy: each is looked at beside it, and the server is told on every
// trunk that carries the service. It hears of a service when that has been checked once: until then nobody knows, and
// visitors who wait for a client that comes back wait on.
#include <utility>

#include "session/client_link.hpp"

namespace ferrotunnel::session {

// A backend that takes the place of another is as healthy as that was, until its first check.
void ClientLink::watch_health(Offered& offered) {
    offered.watch.reset();
    if (offered.service->health && (state_ == State::idle || state_ == State::running)) {
        offered.watch = std::make_unique<backend::HealthWatch>(
            worker_, offered.service, *shared_->random,
            [this, id = offered.service->id] { worker_.post([this, id] { on_health(id); }); });
    }
}

// The watch may have been made again since, and the service may have gone.
void ClientLink::on_health(std::uint32_t id) {
    const auto found = services_.find(id);
    if (found == services_.end() || !found->second.watch ||
        found->second.watch->health().state() == backend::Health::State::unknown) {
        return;
    }
    Offered& offered = found->second;
    offered.healthy = offered.watch->is_healthy();
    offered.why_unhealthy = offered.healthy ? std::string() : offered.watch->health().why();
    for (std::size_t place = 0; place < places_.size(); ++place) {
        send_health(place, offered);
    }
    const bool is_first = !std::exchange(offered.is_checked, true);
    if (const auto place = first_open(); is_first && place && state_ == State::running) {
        request_registration(*place, {&offered});
    }
    tell({.kind = offered.healthy ? LinkNotice::Kind::healthy : LinkNotice::Kind::unhealthy,
          .service = id,
          .text = offered.why_unhealthy});
    look_for_place();
}

bool ClientLink::tells_health(std::size_t place, const Offered& offered) const noexcept {
    return offered.service->health && (places_[place]->features & wire::feature::health) != 0;
}

// What was said when the service was registered may have changed before the answer came.
void ClientLink::send_health(std::size_t place, const Offered& offered) {
    if (tells_health(place, offered) && (offered.on[place] == Carried::yes || places_[place]->retiring > 0)) {
        places_[place]->trunk->send_to_all(
            wire::encode_control(wire::Health{offered.service->id, offered.healthy, offered.why_unhealthy}));
    }
}

}  // namespace ferrotunnel::session
