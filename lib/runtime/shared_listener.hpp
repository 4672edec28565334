// A listening socket beside that of another process of this user, which is about to end.
#pragma once

#include <system_error>

#include "runtime/socket.hpp"

namespace ferrotunnel::runtime {

/// Like listen_on(), except that if another socket of this user that was made by this function listens already, both
/// do, and connections are spread over them.
Fd listen_beside(const SocketAddress& at, std::error_code& error, int backlog = 4096) noexcept;

}  // namespace ferrotunnel::runtime
