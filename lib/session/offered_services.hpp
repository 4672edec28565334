// Services that a client offers, and where each is registered.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/client_service.hpp"
#include "backend/health_checker.hpp"
#include "session/trunk_states.hpp"

namespace ferrotunnel::session {

/// State of a service on one trunk.
enum class TrunkRegistration : std::uint8_t { unregistered, requested, registered, refused };

struct OfferedService {
    std::shared_ptr<const backend::ClientService> service{};
    std::vector<TrunkRegistration> on{};  // by place

    // Chosen by the server: requested again after a reconnect.
    std::uint16_t assigned_port = 0;
    std::string assigned_host{};
    std::uint16_t port = 0;  // the port of the last registration, if it has one

    // As last reported to the user.
    bool is_reported = false;      // that it is reachable; a private service has no endpoint
    std::string endpoint{};        // empty: not reachable now
    unsigned endpoint_side = 0;    // the side of the link whose server has that endpoint
    std::string other_endpoint{};  // at the other server, to be reported when the first one is lost
    std::string not_at{};          // members of the server's cluster that cannot listen on its port; usually empty
    bool refused = false;
    std::string why_refused{};

    std::string awaited_endpoint{};  // to be reported when its twin is registered, too

    // Health of its backend.
    std::unique_ptr<backend::HealthChecker> watch{};  // null if the backend is not checked
    bool is_checked = false;                          // at least once: it is registered then, and not before
    bool healthy = false;                             // as of the last check that has changed it
    std::string why_unhealthy{};

    bool is(TrunkRegistration what) const noexcept;
    /// Whether a trunk of the side carries it.
    bool is_registered_at(unsigned side, const TrunkStates& trunks) const noexcept;
    bool waits_for_check() const noexcept { return watch && !is_checked; }
    /// Registered somewhere, and healthy if its backend is checked.
    bool is_ready() const noexcept { return is(TrunkRegistration::registered) && (!watch || healthy); }
    /// Whether the server on this trunk receives reports of its health.
    bool reports_health(const TrunkState& trunk) const noexcept;
};

/// Lives on the link's worker. Two services may have one number, a TCP and a UDP one (ClientService::with): twins.
class OfferedServices {
public:
    using Map = std::map<std::uint32_t, OfferedService>;

    explicit OfferedServices(std::size_t trunks) : trunks_(trunks) {}

    /// Adds a service that no trunk carries yet; `inherited` is from the one that it replaces. The reference is valid
    /// until the service is removed.
    OfferedService& add(backend::ClientService service, OfferedService inherited);
    /// Changes the description of the service on this side.
    void change(OfferedService& offered, backend::ClientService service);
    bool erase(std::uint32_t id);
    /// Null if there is none.
    OfferedService* find(std::uint32_t id) noexcept;
    /// The other one of two services with one number. Null if there is no twin.
    OfferedService* twin_of(const backend::ClientService& service) noexcept;
    /// Whether its number is not known yet: it is registered after its twin. Without a twin, which may be switched off,
    /// it is not registered either.
    bool waits_for_twin(std::size_t place, const OfferedService& offered) noexcept;
    /// No trunk carries the service.
    void reset_trunks(OfferedService& offered) const { offered.on.assign(trunks_, TrunkRegistration::unregistered); }
    /// This trunk carries no service.
    void forget_trunk(std::size_t place);
    /// Whether all are registered at the side's server, and healthy if they are checked.
    bool are_ready_at(unsigned side, const TrunkStates& trunks) const noexcept;

    Map& all() noexcept { return services_; }
    /// The table in which trunks look services up, on any worker.
    const std::shared_ptr<backend::ServiceTable>& table() const noexcept { return table_; }

private:
    const std::size_t trunks_;
    const std::shared_ptr<backend::ServiceTable> table_ = std::make_shared<backend::ServiceTable>();
    Map services_;
};

}  // namespace ferrotunnel::session
