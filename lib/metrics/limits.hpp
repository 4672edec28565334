// The bounds of what is counted.
#pragma once

#include <cstddef>

namespace ferrotunnel::limits {

/// Services, by service, token and endpoint, that are told apart. Of more, those that nobody uses any more are added
/// up.
inline constexpr std::size_t service_rows_max = 10'000;

}  // namespace ferrotunnel::limits
