// A service that a client offers: a handle to look at it and to end it.
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
/// members may be called from any thread, also after the Client is gone. A default-constructed or moved-from handle
/// answers like a closed service.
class FERROTUNNEL_EXPORT Service {
public:
    enum class State {
        pending,     ///< not registered yet, or not again after a reconnect
        registered,  ///< reachable at endpoint()
        refused,     ///< the server does not want it: error() says why. It is asked for again, see Client
        closed,      ///< ended by close() or with the Client
        disabled,    ///< switched off: the server does not know it
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
    /// The public port, which for HTTP is the server's for all services; 0 before it was first registered.
    std::uint16_t port() const;
    /// Why the server refuses the service.
    std::error_code error() const;
    /// Why the server refuses the service, as a sentence.
    std::string error_text() const;
    /// Takes the service off the server: no new visitors come; the present ones continue. Returns at once.
    void close();

private:
    std::shared_ptr<detail::ServiceState> state_;
};

}  // namespace ferrotunnel
