// Handle of a service that a client offers, to query its state and to close it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <system_error>

#include "ferrotunnel/export.hpp"

namespace ferrotunnel {

namespace detail {
class ServiceState;
}

/// A handle to a service. Copies are handles to the same service, and destroying the last one does not end it. All
/// members may be called from any thread, also after the Client is destroyed. A default-constructed or moved-from
/// handle behaves like a closed service.
class FERROTUNNEL_EXPORT Service {
public:
    enum class State {
        pending,     ///< not registered yet, or not yet again after a reconnect
        registered,  ///< reachable at endpoint()
        refused,     ///< refused by the server, see error(). It is requested again, see Client
        closed,      ///< ended by close() or with the Client
        disabled,    ///< disabled: not registered with the server
    };

    Service() noexcept;
    explicit Service(std::shared_ptr<detail::ServiceState> state) noexcept;
    Service(const Service&);
    Service(Service&&) noexcept;
    Service& operator=(const Service&);
    Service& operator=(Service&&) noexcept;
    ~Service();

    std::string name() const;
    State state() const;
    /// The public address as visitors use it, "tunnel.example.com:40022" or "http://app.example.com:8080"; empty before
    /// it was first registered.
    std::string endpoint() const;
    /// The public port, which HTTP services share; 0 before it was first registered.
    std::uint16_t port() const;
    /// Why the server refuses the service.
    std::error_code error() const;
    /// Why the server refuses the service, as a sentence.
    std::string error_text() const;
    /// Removes the service from the server: it gets no new visitors; the present ones continue. Returns at once.
    void close();

private:
    std::shared_ptr<detail::ServiceState> state_;
};

}  // namespace ferrotunnel
