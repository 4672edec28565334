// Health of the backends of a client's services: each backend is checked, and the server receives a report on every
// trunk that carries the service. A service is registered after its first check: until then its health is unknown, and
// visitors that wait for a reconnecting client continue to wait.
#pragma once

#include <cstdint>
#include <functional>

#include "session/link_context.hpp"
#include "session/offered_services.hpp"

namespace ferrotunnel::session {

/// Lives on the link's worker.
class OfferedHealth {
public:
    struct Needs {
        const LinkContext& at;
        OfferedServices& services;
        std::function<void(std::size_t place, wire::ControlPayload)> send_to_all;  // to all sessions of a trunk
        std::function<void(OfferedService&)> first_checked;
        std::function<void()> changed;  // called after the notice
    };

    explicit OfferedHealth(Needs needs) : needs_(std::move(needs)) {}

    /// Checks the backend from now on, if checks are configured. A backend that replaces another inherits its health
    /// until the first check.
    void watch(OfferedService& offered);
    /// Reports the health on this trunk, if it carries the service: it may have changed since the registration.
    void send(std::size_t place, const OfferedService& offered);
    /// Stops all checks.
    void stop() noexcept;

private:
    void on_change(std::uint32_t id);

    const Needs needs_;
};

}  // namespace ferrotunnel::session
