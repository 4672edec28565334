// The doors of this process that trust whoever its own user is: its control sockets, and dashboards without a secret.
// A connection that the process makes has its user's rights there, although a visitor or a server's administrator may
// have chosen where it leads. So no connection of the process leads to them.
//
// Only what is dialled is compared: a door takes connections from within this machine alone, and where the kernel
// rewrites a destination (NAT) the door does not find the other end's user, and refuses it.
#pragma once

#include <string>
#include <system_error>
#include <variant>

#include "runtime/address.hpp"

namespace ferrotunnel::runtime {

/// Keeps the process's own connections away from a door, from its construction to its destruction. Any thread.
class OwnDoor {
public:
    /// Where a listener is bound.
    explicit OwnDoor(const SocketAddress& at);
    /// A unix socket by its path, which may also come into being later or be another process's.
    explicit OwnDoor(std::string path);
    ~OwnDoor();
    OwnDoor(const OwnDoor&) = delete;
    OwnDoor& operator=(const OwnDoor&) = delete;

private:
    friend class OwnDoors;
    const std::variant<SocketAddress, std::string> place_;
};

/// Whether a connection to an address ends at the listener that is bound to the other one.
bool ends_at(const SocketAddress& dialled, const SocketAddress& bound) noexcept;

/// Whether a connection to the address would end at one of this process's doors. Any thread; costs one atomic load
/// where there is no door.
bool leads_to_own_door(const SocketAddress& to) noexcept;
/// The same of a unix socket, whatever path leads to it.
bool leads_to_own_door(const std::string& path) noexcept;

/// What a connector gives for such a place.
std::error_code own_door_error() noexcept;

}  // namespace ferrotunnel::runtime
