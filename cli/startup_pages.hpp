// Releases code pages that only the start has used.
#pragma once

namespace ferrotunnel::cli {

/// Removes all code and constant data of the program and its libraries from the process's memory. Pages that are still
/// used are read again from the system's page cache, at the cost of a minor fault for each 64 KiB. In a process without
/// visitors, most of the resident code ran once, at the start. Does nothing under a debugger, whose breakpoints are
/// changed pages of code.
void release_startup_pages() noexcept;

}  // namespace ferrotunnel::cli
