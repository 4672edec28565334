// Whose a TCP connection within this machine is, as the kernel's table of sockets says.
#pragma once

#include <sys/types.h>

#include <optional>

#include "runtime/address.hpp"

namespace ferrotunnel::admin {

/// The user who has the socket at `theirs`, of the connection whose other end is `ours`. Nothing: it is not of this
/// machine, it has been closed, or the kernel does not tell.
std::optional<uid_t> user_of_connection(const runtime::SocketAddress& theirs,
                                        const runtime::SocketAddress& ours) noexcept;

}  // namespace ferrotunnel::admin
