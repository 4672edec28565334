#include "session/handover_queue.hpp"

#include <algorithm>
#include <utility>

#include "session/limits.hpp"
#include "session/server_shared.hpp"

namespace ferrotunnel::session {

bool HandoverQueue::must_wait(const SessionService& service) const {
    const directory::Registry& registry = *needs_.at.shared->registry;
    const directory::SessionKey key = needs_.at.facts.key;
    if (service.is_private()) {
        return !registry.predecessors(key).empty();
    }
    return std::any_of(service.names.begin(), service.names.end(),
                       [&](const directory::ClaimName& name) { return registry.waits_for_handover(key, name); });
}

void HandoverQueue::wait(std::uint32_t request, SessionService& service, ServicePlace place) {
    service.awaited = std::make_shared<const ServicePlace>(std::move(place));
    needs_.replies.answer(request, service);
    if (!timer_) {
        timer_ = std::make_unique<runtime::Timer>(needs_.at.worker, [this] { check_waiting(); });
    }
    if (!stopped_ && !timer_->is_set()) {
        timer_->set_after(limits::handover_check_interval);
    }
}

// Opens services that no other client serves any more.
void HandoverQueue::check_waiting() {
    if (needs_.is_over()) {
        return;
    }
    std::vector<std::uint32_t> free;
    bool any = false;
    for (const auto& [id, service] : needs_.table.all()) {
        any = any || service.awaited;
        if (service.awaited && !must_wait(service)) {
            free.push_back(id);
        }
    }
    for (const std::uint32_t id : free) {
        open(needs_.table.at(id), {});
    }
    if (any && !needs_.is_over()) {
        timer_->set_after(limits::handover_check_interval);
    }
}

void HandoverQueue::open_all(const std::vector<directory::ClientId>& owners) {
    std::vector<std::uint32_t> waiting;
    for (const auto& [id, service] : needs_.table.all()) {
        if (service.awaited) {
            waiting.push_back(id);
        }
    }
    for (const std::uint32_t id : waiting) {
        open(needs_.table.at(id), owners);
    }
}

void HandoverQueue::open(SessionService& service, const std::vector<directory::ClientId>& owners) {
    const std::shared_ptr<const ServicePlace> place = std::exchange(service.awaited, nullptr);
    ServiceKind& kind = needs_.kinds.of(service);
    kind.handover_from(owners, service, *place);
    if (const auto refusal = kind.open(service, *place)) {
        for (const directory::ClaimName& name : service.names) {
            needs_.at.shared->registry->release(needs_.at.facts.key, name);
        }
        needs_.replies.refuse(service.description.id, *refusal);
        return;
    }
    needs_.replies.publish(service);
}

void HandoverQueue::stop() noexcept {
    stopped_ = true;
    timer_.reset();
}

}  // namespace ferrotunnel::session
