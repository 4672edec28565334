// Handle of a service that a client offers, to query its state and to close it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
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
    /// endpoint() as a URL: "tcp://tunnel.example.com:40022"; empty for a private service, too.
    std::string url() const;
    /// The public port, which HTTP services share; 0 before it was first registered.
    std::uint16_t port() const;
    /// Why the server refuses the service.
    std::error_code error() const;
    /// Why the server refuses the service, as a sentence.
    std::string error_text() const;
    /// Removes the service from the server: it gets no new visitors; the present ones continue. Returns at once.
    void close();

    /// Only for the library.
    explicit Service(std::shared_ptr<detail::ServiceState> state) noexcept;

private:
    std::shared_ptr<detail::ServiceState> state_;
};

/// Returns the address of a service (Service::endpoint, Event::endpoint, TunnelInfo::Service::endpoint) as a URL:
/// "tcp://tunnel.example.com:40022", "udp://tunnel.example.com:5353", "http://app.example.com:8080",
/// "tls://shop.example.com:8443". Empty if there is none: for "private" and before the registration.
FERROTUNNEL_EXPORT std::string url_of(std::string_view endpoint);

}  // namespace ferrotunnel
