// Running and waiting times of threads, as accounted by the system.
#pragma once

#include <optional>

#include "base/clock.hpp"

namespace ferrotunnel::runtime {

/// The calling thread's waits for a processor since it began, from /proc/thread-self/schedstat. Empty if the system
/// does not report it. Costs a system call; the thread keeps the file open.
std::optional<Duration> cpu_wait_of_this_thread() noexcept;

/// Since a thread began.
struct CpuTimes {
    Duration ran{};     // on a processor
    Duration waited{};  // ready to run, without a processor
};
/// The times of a thread of this process, by the system's number for it. Empty if the system does not report them, or
/// there is no such thread. Costs three system calls.
std::optional<CpuTimes> cpu_times_of_thread(int number) noexcept;
int number_of_this_thread() noexcept;

}  // namespace ferrotunnel::runtime
