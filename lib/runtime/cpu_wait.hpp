// How long a thread was ready to run and had no processor, by the system's own account.
#pragma once

#include <optional>

#include "base/clock.hpp"

namespace ferrotunnel::runtime {

/// The calling thread's waits for a processor since it began, from /proc/thread-self/schedstat. Nothing where the
/// system does not tell. Costs a system call; the thread keeps the file open.
std::optional<Duration> cpu_wait_of_this_thread() noexcept;

}  // namespace ferrotunnel::runtime
