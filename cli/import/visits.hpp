// Counts the work of searches, so that a test can see that it grows with the size of a file, and not with its square.
#pragma once

#include <cstddef>

namespace ferrotunnel::cli::importing {

/// How many members or children were looked at in this thread.
inline thread_local std::size_t visit_count = 0;

inline void count_visits(std::size_t visits) {
    visit_count += visits;
}

}  // namespace ferrotunnel::cli::importing
