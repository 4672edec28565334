// The bounds of what is counted.
#pragma once

#include <cstddef>
#include <cstdint>

namespace ferrotunnel::limits {

/// Services, by service, token and endpoint, that are told apart. Of more, those that nobody uses any more are added
/// up.
inline constexpr std::size_t service_rows_max = 10'000;

/// Members of groups, by group, kind, token and name, that are told apart; of more as above.
inline constexpr std::size_t member_rows_max = 4'096;

/// Visitors of a service that are told apart for the list of those who make most of its traffic, by each worker ...
inline constexpr std::size_t top_visitors_max = 16;
/// ... those that the list shows ...
inline constexpr std::size_t top_visitors_shown = 8;
/// ... and what a visit weighs there beside its bytes: about what a small request costs.
inline constexpr std::uint64_t visit_as_bytes = 1'024;

}  // namespace ferrotunnel::limits
