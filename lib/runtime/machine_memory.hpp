// The maximum memory that this process may use.
#pragma once

#include <cstdint>
#include <string>

namespace ferrotunnel::runtime {

/// The minimum of the machine's memory and of the limits of the control groups (version 2 and 1) that the process is
/// in, such as its container's or its service's. Never 0. `root` is for tests: a prefix of /proc and /sys.
std::uint64_t machine_memory(const std::string& root = {});

}  // namespace ferrotunnel::runtime
