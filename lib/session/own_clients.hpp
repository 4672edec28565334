// Clients of this process. When another process replaces a server, clients in the server's own process stay with it:
// the other process has its own.
#pragma once

#include "wire/control.hpp"

namespace ferrotunnel::session {

/// Adds a client of this process, until it is removed. Thread-safe.
void add_own_client(const wire::InstanceId& instance);
void remove_own_client(const wire::InstanceId& instance) noexcept;
bool is_own_client(const wire::InstanceId& instance);

}  // namespace ferrotunnel::session
