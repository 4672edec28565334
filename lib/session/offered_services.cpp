#include "session/offered_services.hpp"

#include <algorithm>
#include <utility>

namespace ferrotunnel::session {

bool OfferedService::is(TrunkRegistration what) const noexcept {
    return std::ranges::find(on, what) != on.end();
}

bool OfferedService::is_registered_at(unsigned side, const TrunkStates& trunks) const noexcept {
    const auto first = on.begin() + static_cast<std::ptrdiff_t>(side * trunks.per_side());
    const auto last = first + static_cast<std::ptrdiff_t>(trunks.per_side());
    return std::find(first, last, TrunkRegistration::registered) != last;
}

bool OfferedService::reports_health(const TrunkState& trunk) const noexcept {
    return service->health && (trunk.features & wire::feature::health) != 0;
}

OfferedService& OfferedServices::add(backend::ClientService service, OfferedService inherited) {
    const std::uint32_t id = service.id;
    inherited.service = std::make_shared<const backend::ClientService>(std::move(service));
    reset_trunks(inherited);
    OfferedService& offered = services_.insert_or_assign(id, std::move(inherited)).first->second;
    table_->put(offered.service);
    return offered;
}

void OfferedServices::change(OfferedService& offered, backend::ClientService service) {
    offered.service = std::make_shared<const backend::ClientService>(std::move(service));
    table_->put(offered.service);
}

bool OfferedServices::erase(std::uint32_t id) {
    if (services_.erase(id) == 0) {
        return false;
    }
    table_->erase(id);
    return true;
}

OfferedService* OfferedServices::find(std::uint32_t id) noexcept {
    const auto found = services_.find(id);
    return found == services_.end() ? nullptr : &found->second;
}

OfferedService* OfferedServices::twin_of(const backend::ClientService& service) noexcept {
    for (auto& [id, other] : services_) {
        if (id != service.id &&
            (service.with.empty() ? other.service->with == service.name : other.service->name == service.with)) {
            return &other;
        }
    }
    return nullptr;
}

bool OfferedServices::waits_for_twin(std::size_t place, const OfferedService& offered) noexcept {
    if (offered.service->with.empty()) {
        return false;
    }
    const OfferedService* const twin = twin_of(*offered.service);
    return twin == nullptr || twin->on[place] != TrunkRegistration::registered;
}

void OfferedServices::forget_trunk(std::size_t place) {
    for (auto& [id, offered] : services_) {
        offered.on[place] = TrunkRegistration::unregistered;
    }
}

bool OfferedServices::are_ready_at(unsigned side, const TrunkStates& trunks) const noexcept {
    return std::ranges::all_of(services_, [&](const auto& entry) {
        return entry.second.is_ready() && entry.second.is_registered_at(side, trunks);
    });
}

}  // namespace ferrotunnel::session
