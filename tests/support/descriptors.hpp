// Raises the number of descriptors that the test's program may have.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>

namespace ferrotunnel::test {

/// Lets this program have `wanted` descriptors, where its shell allows fewer for now.
inline void raise_descriptors(rlim_t wanted) {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = std::min(wanted, limit.rlim_max);
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
        REQUIRE(limit.rlim_cur == wanted);
    }
}

}  // namespace ferrotunnel::test
