// The clients of this process. A server whose place another process takes leaves those that are beside it in its own
// process where they are: the other process has a client of its own.
#pragma once

#include "wire/control.hpp"

namespace ferrotunnel::session {

/// A client of this process, as long as it is here. Any thread.
void add_own_client(const wire::InstanceId& instance);
void remove_own_client(const wire::InstanceId& instance) noexcept;
bool is_own_client(const wire::InstanceId& instance);

}  // namespace ferrotunnel::session
