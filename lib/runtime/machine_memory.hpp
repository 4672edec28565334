// How much memory this process may use at the most.
#pragma once

#include <cstdint>
#include <string>

namespace ferrotunnel::runtime {

/// The least of the machine's memory and of the limits of the control groups (version 2 and 1) that the process is in:
/// its container, or its service. Never 0. `root` is for tests: what stands before /proc and /sys.
std::uint64_t machine_memory(const std::string& root = {});

}  // namespace ferrotunnel::runtime
