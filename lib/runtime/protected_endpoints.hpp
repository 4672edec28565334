// Endpoints of this process that trust its own user: its control sockets, and dashboards without a secret. A connection
// that the process makes has its user's rights there, although a visitor or a server's administrator may have chosen
// its destination. So no connection of the process leads to them.
//
// For addresses only the dialled one is compared: an endpoint accepts connections only from within this machine, and if
// the kernel rewrites a destination (NAT) it does not find the other end's user, and rejects it. For a unix socket the
// file itself is compared.
#pragma once

#include <string>
#include <system_error>
#include <variant>

#include "runtime/address.hpp"
#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

/// Keeps the process's own connections away from an endpoint, from construction to destruction. Thread-safe.
class ProtectedEndpoint {
public:
    /// The address to which a listener is bound.
    explicit ProtectedEndpoint(const SocketAddress& at);
    /// The path of a unix socket, which may be created later or belong to another process.
    explicit ProtectedEndpoint(std::string path);
    ~ProtectedEndpoint();
    ProtectedEndpoint(const ProtectedEndpoint&) = delete;
    ProtectedEndpoint& operator=(const ProtectedEndpoint&) = delete;

private:
    friend class ProtectedEndpoints;
    const std::variant<SocketAddress, std::string> place_;
};

/// Whether a connection to an address ends at the listener that is bound to the other one.
bool ends_at(const SocketAddress& dialled, const SocketAddress& bound) noexcept;

/// Whether two paths lead to one file, which is there.
bool lead_to_one_file(const std::string& dialled, const std::string& bound) noexcept;

/// Whether a connection to the address would end at one of this process's endpoints. Thread-safe; costs one atomic load
/// if there is none.
bool is_protected_endpoint(const SocketAddress& to) noexcept;

/// Connects to the unix socket at a path, unless that is one of this process's endpoints. The file is held while it is
/// compared and connected to, so a replacement in the meantime is not reached. Without /proc the listening process is
/// compared instead, after the connect. Errors are those of connect_unix, and protected_endpoint_error(). Thread-safe;
/// without endpoints it costs no more than connect_unix.
Fd connect_unless_protected(const std::string& path, std::error_code& error) noexcept;

/// The error of a connect that would have ended at one of this process's endpoints.
std::error_code protected_endpoint_error() noexcept;

}  // namespace ferrotunnel::runtime
