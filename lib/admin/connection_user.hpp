// Finds the user that owns a local TCP connection, from the kernel's socket table.
#pragma once

#include <sys/types.h>

#include <optional>

#include "runtime/address.hpp"

namespace ferrotunnel::admin {

/// The user that owns the socket at `theirs`, of the connection whose other end is `ours`. Empty if it is not on this
/// machine, has been closed, or the kernel does not report it.
std::optional<uid_t> user_of_connection(const runtime::SocketAddress& theirs,
                                        const runtime::SocketAddress& ours) noexcept;

}  // namespace ferrotunnel::admin
