// The doors of this process that trust whoever its own user is: its control sockets, and dashboards without a secret.
// A connection that the process makes has its user's rights there, although a visitor or a server's administrator may
// have chosen where it leads. So no connection of the process leads to them.
//
// Of an address only what is dialled is compared: a door takes connections from within this machine alone, and where
// the kernel rewrites a destination (NAT) the door does not find the other end's user, and refuses it. Of a unix socket
// the file itself is compared.
#pragma once

#include <string>
#include <system_error>
#include <variant>

#include "runtime/address.hpp"
#include "runtime/socket.hpp"

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

/// Connects to the unix socket that a path leads to, unless that is one of this process's doors. The file is held while
/// it is compared and connected to, so another one that takes its place meanwhile is not reached. Without /proc the
/// process that listens is compared instead, behind the connect. Errors as of connect_unix, and own_door_error(). Any
/// thread; where there is no door it costs no more than connect_unix.
Fd connect_past_own_doors(const std::string& path, std::error_code& error) noexcept;

/// The error of a connect that would have ended at one of this process's doors.
std::error_code own_door_error() noexcept;

}  // namespace ferrotunnel::runtime
