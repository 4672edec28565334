// The bounds of what is counted.
#pragma once

#include <cstddef>

namespace ferrotunnel::limits {

/// Services, by service, token and endpoint, that are told apart. Of more, those that nobody uses any more are added
/// up.
inline constexpr std::size_t service_rows_max = 10'000;

/// Members of groups, by group, kind, token and name, that are told apart; of more as above.
inline constexpr std::size_t member_rows_max = 4'096;

}  // namespace ferrotunnel::limits
