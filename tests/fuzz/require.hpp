// A check that survives NDEBUG, for fuzz targets.
#pragma once

#include <cstdlib>

namespace ferrotunnel::fuzz {

inline void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

}  // namespace ferrotunnel::fuzz
