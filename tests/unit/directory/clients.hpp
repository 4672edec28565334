// Clients of two tokens, in tests of who has which host.
#pragma once

#include "directory/membership.hpp"

namespace ferrotunnel::directory::test {

inline constexpr ClientId alice{{1}, {1}};
inline constexpr ClientId bob{{2}, {1}};

}  // namespace ferrotunnel::directory::test
